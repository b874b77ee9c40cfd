#!/usr/bin/env bash
# Completion in a real bash and a real zsh, and that it knows every command and option.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC1091

"$POCKETBOOK" completion bash >"$work/bash" && "$POCKETBOOK" completion zsh >"$work/zsh"
is "$?" 0 "both are printed"
bash -n "$work/bash"
is "$?" 0 "bash reads its own"
"$POCKETBOOK" completion fish >/dev/null 2>"$work/hint"
is "$?" 2 "another shell is refused"
like "$(cat "$work/hint")" 'fish: there is completion for bash and zsh' "with what there is"
"$POCKETBOOK" completion >/dev/null 2>"$work/hint"
is "$?" 2 "a shell must be named"

# complete WORD...: what bash offers when the last word is being typed
complete_line() {
	(
		cd "$work" || exit
		complete() { complete_function=$2; }
		# shellcheck source=/dev/null
		. "$work/bash"
		unset -f complete
		COMP_WORDS=(pocketbook "$@")
		COMP_CWORD=$#
		"$complete_function"
		printf '%s ' "${COMPREPLY[@]}"
	)
}
mkdir "$work/site" && touch "$work/some file" "$work/site.db"
is "$(complete_line se)" 'serve ' "bash: a command"
like "$(complete_line '')" 'serve .*token .*--help --version' "bash: all of them"
is "$(complete_line token re | tr ' ' '\n' | grep -c '^re')" "$("$POCKETBOOK" help token | grep -c '^  token re')" "bash: second words"
is "$(complete_line serve --max-b)" '--max-body ' "bash: an option"
is "$(complete_line serve --auth '')" 'on off ' "bash: its values"
is "$(complete_line serve --auth = of)" 'off ' "bash: after an equals sign too"
is "$(complete_line serve --auth =)" 'on off ' "bash: and right after it"
is "$(complete_line serve --www si)" 'site ' "bash: a directory"
is "$(complete_line serve --db so)" 'some file ' "bash: a file with a space is one"
is "$(complete_line backup si | tr ' ' '\n' | grep . | sort | tr '\n' ' ')" 'site site.db ' "bash: the word of a command"
is "$(complete_line serve --workers '')" ' ' "bash: nothing for a number"
is "$(complete_line nonsense --)" ' ' "bash: nothing for an unknown command"
is "$(complete_line help ser)" 'serve ' "bash: the commands again after help"
is "$(complete_line completion z)" 'zsh ' "bash: a shell"

# Whatever help tells of, both complete.
commands=$("$POCKETBOOK" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]\+\( [a-z]\+\)\?\)\(  .*\|\)$/\1/p')
[ "$(printf '%s\n' "$commands" | grep -c .)" -ge 10 ]
ok $? "help lists the commands"
wide=$({ "$POCKETBOOK" help; while read -r -a words; do "$POCKETBOOK" help "${words[@]}"; done <<<"$commands"; } | awk 'length > 80')
is "$wide" "" "help fits into 80 columns"
missing=
while read -r -a words; do
	offered=$(complete_line "${words[@]}" --)
	section=$(sed -n "/^\t'${words[*]}')\$/,/;;/p" "$work/zsh")
	for option in $("$POCKETBOOK" help "${words[@]}" | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
		case " $offered" in *" $option "*) ;; *) missing="$missing bash:${words[*]}:$option" ;; esac
		case $section in *"${option}["* | *"$option=["*) ;; *) missing="$missing zsh:${words[*]}:$option" ;; esac
	done
done <<<"$commands"
is "$missing" '' "every option of every command is completed by both"

command -v zsh >/dev/null || { ok 1 "zsh is installed"; finish; }
zsh -n "$work/zsh"
is "$?" 0 "zsh reads its own"
mkdir "$work/functions" && cp "$work/zsh" "$work/functions/_pocketbook"

# zsh_line HOW KEYS: the words of the line that an interactive zsh has after these
# keys; @ is the tabulator. They are typed by a widget of its own, as zsh takes a
# tabulator that has keys waiting behind it for pasted text.
cat >"$work/drive.zsh" <<'END'
zmodload zsh/zpty
cd $1
cat >$1/rc <<END_OF_RC
PS1= PS2= TERM=dumb
fpath=($1/functions \$fpath)
autoload -Uz compinit && compinit -u -d $1/dump
[[ $2 == sourced ]] && unfunction _pocketbook && source $1/zsh
pocketbook() { print -r -- "words"":" \${(j:|:)@} "end" }
type_keys() {
	local key
	for key in \${(s::)keys}; do
		if [[ \$key == @ ]]; then zle complete-word; else LBUFFER+=\$key; fi
	done
	zle accept-line
}
zle -N type_keys
bindkey '^T' type_keys
keys='pocketbook $3'
END_OF_RC
zpty shell zsh -f -i
zpty -w shell "source $1/rc; print rea''dy"
# The second is what zsh tells the terminal when it begins to edit a line.
zpty -r -m shell text '*ready*2004h*'
zpty -w -n shell $'\CT'
zpty -r -m shell text '*words: *end*'
print -r -- "${${text##*words: }%% end*}"
zpty -d shell
END
zsh_line() { timeout 60 zsh -f "$work/drive.zsh" "$work" "$@" </dev/null; }
for how in installed sourced; do
	is "$(zsh_line $how 'serv@')" 'serve' "zsh, $how: a command"
	is "$(zsh_line $how 'tok@li@')" 'token|list' "zsh, $how: two words"
	is "$(zsh_line $how 'serve --max-b@2M')" 'serve|--max-body=2M' "zsh, $how: an option with a value"
	is "$(zsh_line $how 'serve --auth of@')" 'serve|--auth|off' "zsh, $how: a value"
	is "$(zsh_line $how 'backup som@')" 'backup|some file' "zsh, $how: a file"
	is "$(zsh_line $how 'serve --www si@')" 'serve|--www|site' "zsh, $how: a directory"
done
finish
