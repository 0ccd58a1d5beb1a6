/** `alert.KIND` is the name of a kind of alert; `alert.KIND.CASE` is the sentence of an alert. */
export const english = {
  'alert.failure-rate': 'Many images failed',
  'alert.no-data': 'No data',
  'alert.failed-run': 'Failed run',
  'alert.consecutive-failures': 'Repeated failures',
  'alert.overdue': 'Overdue',
  'alert.missed': 'Missed slots',
  'alert.dead-worker': 'No heartbeat',
  'alert.dead-letters': 'Dead-lettered jobs',
  'alert.breaker-open': 'Paused by a dependency',
  'alert.descriptions': 'No descriptions',
  'alert.takeover': 'Database replaced',
  'alert.takeover.gap':
    'PostgreSQL was replaced by a replica or a backup of it. What was sent between {from} and {to} may be missing: send those readings again, and check what people changed then. Runs are repeated by themselves.',
  'alert.unserved': 'Queue not served',
  'alert.disk': 'Disk almost full',
  'alert.stuck-run': 'Stuck run',
  'alert.requeued': 'Requeued for too long',
  'alert.reading-times': 'Wrong clock',
  'alert.failure-rate.images':
    '{failed} of {n:image|images} in the run of {slot} failed. See the quarantine and the failed jobs.',
  'alert.no-data.run': 'The run of {slot} found nothing to work on. Check that data arrives.',
  'alert.no-data.room': 'Room {room}: no valid reading in the run of {slot}. Check its sensors and gateway.',
  'alert.no-data.rooms':
    '{n} rooms had no valid reading in the run of {slot}: {rooms} … Check the gateway and the network.',
  'alert.failed-run.error': 'The run of {slot} failed: {error} Retry it, or backfill its day.',
  'alert.consecutive-failures.streak': '{n} or more runs in a row failed, most recently {slot}: {error}',
  'alert.consecutive-failures.unexplained':
    '{n} or more runs in a row failed, most recently {slot}, and recorded no error.',
  'alert.overdue.one': 'The run of {slot} is due and has not started. Check the worker of this job.',
  'alert.overdue.many':
    '{n} runs are due and have not started, the oldest of {slot}. Check the worker of this job.',
  'alert.missed.slots':
    '{n:run was|runs were} too late to start, most recently {slot}. Backfill the days that matter.',
  'alert.dead-worker.silent':
    'No heartbeat from any {service} process since {since}. Check its log and start it again; its work waits until then.',
  'alert.breaker-open.paused':
    '{service} on {host} has been paused since {since}: {trouble}. It resumes when the dependency answers.',
  'alert.dead-letters.count':
    '{n:job has|jobs have} used every attempt, the oldest at {oldest}. Retry or discard them.',
  'alert.descriptions.all-failed':
    'None of the last {n} images got a description, most recently at {newest}. Check the captioner’s log, CAPTION_MODEL and CAPTION_ANSWER_LIMIT.',
  'alert.unserved.canary':
    'A job has waited in this queue since {since}, and no worker takes it although some are alive. Restart the workers of this queue.',
  'alert.disk.low':
    '{host}: {free} GiB ({share} %) left in {path}. Free some space: below DISK_FLOOR_MIB, jobs and uploads wait.',
  'alert.stuck-run.no-batch':
    'The run of {slot} is waiting for batches, but none has been left since {since}. Check the workers of its queue. If this alert stays, remove the run’s job from the queue; it is then queued again.',
  'alert.requeued.same-reason':
    '{n:job keeps|jobs keep} being requeued, since {since} for the same reason: {reason}.',
  'alert.reading-times.ahead':
    '{device} in room {room} sends times in the future, most recently {last}, received {received}. Set its clock. {n:reading is|readings are} quarantined.',
  'alert.reading-times.before-farm':
    '{device} in room {room} sends times before the first day of the farm, most recently {last}, received {received}. Set its clock. {n:reading is|readings are} quarantined.',
  'severity.warning': 'Warning',
  'severity.critical': 'Critical',
};
