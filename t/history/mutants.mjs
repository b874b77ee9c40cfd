/** The mutants (doc/reliability.md): the fault, the acts during which it is active, and
 * the violation that the checker must report. */
export const mutants = [
  { faults: 'commit_left_out=wrong@50', kind: /was lost|missed|two writes/ },
  { faults: 'stale_applied=wrong@50', kind: /stale write was applied/ },
  { faults: 'op_forgotten=wrong@2', kind: /conflicts with itself|one write in two versions|stale/ },
  { faults: 'version_skipped=wrong@50', kind: /nobody wrote|stale/ },
  { faults: 'atomic_ignored=wrong@5', kind: /half of an atomic push/ },
  { faults: 'kept_skipped=wrong', kind: /a skipped write is there/ },
  { faults: 'nested_forgotten=wrong', kind: /a stream missed a change|a pull missed a write|was lost/ },
  { faults: 'cursor_ahead=wrong@5', kind: /missed/ },
  { faults: 'hints_dropped=wrong@2', kind: /a stream missed a change/ },
  { faults: 'page_dropped=wrong@10', kind: /a stream missed a change/ },
  { faults: 'resume_forgotten=wrong', kind: /a stream missed a change/ },
  { faults: 'lapped_untold=wrong', acts: ['lapRing'], kind: /a stream missed a change/ },
  { faults: 'purge_takes_living=wrong', acts: ['purge'], kind: /was lost|two writes in one version/ },
  { faults: 'horizon_kept=wrong', acts: ['purge'], kind: /a stream missed a change|a pull missed a write/ },
  { faults: 'generation_ignored=wrong', kind: /a pull missed a write/ },
  { faults: 'generation_kept=wrong', kind: /a pull missed a write/ },
  { faults: 'answers_crossed=wrong', kind: /stale write was applied|two writes in one version|one write in two versions|was lost|a pull missed a write/ },
  { faults: 'refusal_spoils=wrong', kind: /was lost|two writes in one version|a pull missed a write/ },
]
