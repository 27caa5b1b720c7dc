// One file for each question to the audit that needs a rule of its own.

extension Audit {
    /// When the last long wait is over that the server asked of a daemon's reads (`Retry-After`).
    ///
    /// Until then the daemon's pull need not read anything. It waits for a moment of the wall clock: if that is set back
    /// meanwhile by no more than the whole wait, the moment comes as much later. If it is set back by more, the moment
    /// lies further ahead than any wait, and the daemon pulls at the end of the span that it began to wait.
    ///
    /// - Parameters:
    ///   - sender: the daemon's process: another one does not know how long this one was asked to wait.
    ///   - clockJumps: when our machine's clock was set, and by how much.
    /// - Returns: the end of the wait, which may be long past; `nil` if the server asked for no long wait.
    package func lastWaitEnd(of sender: Int, clockJumps: [SimulatedWorld.ClockJump]) -> VirtualInstant? {
        records.compactMap { record -> VirtualInstant? in
            guard record.sender == sender, !record.request.isWrite, let asked = RequestCheck.asked(by: record)
            else { return nil }
            let end = record.finishedAt + asked
            let setBack = clockJumps.filter { $0.by < .zero && record.finishedAt <= $0.at && $0.at < end }
                .reduce(Duration.zero) { $0 - $1.by }
            return setBack <= asked ? end + setBack : end
        }.max()
    }
}
