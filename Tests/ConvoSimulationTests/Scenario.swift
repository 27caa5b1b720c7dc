import ConvoModel
import ConvoSimulation
import ConvoSync
import SeededRandom

/// Everything that determines one run: data, drawn from a seed or written by hand.
struct Scenario: Sendable {
    /// An action of a person; `nth` is an index into a list of the store, modulo its length.
    enum Action: Hashable, Sendable {
        case start(text: String, isStored: Bool)
        case append(nth: Int, text: String)
        case restart(nth: Int, text: String)
        case answerCalls(nth: Int)
        case deleteRemotely(nth: Int)
        case deleteHere(nth: Int)
        case cancel(nth: Int)
        case retry(nth: Int)
        /// As many appends to each conversation as `rounds` says.
        case flood(rounds: Int)
        /// `convo append --stream`: a process of its own, which a person may stop, queues the write and delivers it.
        case appendStreaming(nth: Int, text: String, notifies: Bool, stopsAfter: Duration?)
        /// The same with a start.
        case startStreaming(text: String, notifies: Bool, stopsAfter: Duration?)
        /// `convo sync`: a process of its own.
        case sync
        /// `convo sync` with another account's key, or for another server.
        case syncAs(Tenant)
        /// `convo account adopt` with that account's key, while other processes may run.
        case adoptAs(Tenant)
        /// `convo sync --accept-deletions`.
        case acceptDeletions
        /// The database is copied.
        case backUp
        /// The copy is put in the database's place.
        case restore
        /// `convo sync` with the copy on another machine.
        case syncCopy
        /// A person retries every write that is held because the database is a copy.
        case retryCopied
        /// A person decides about one of the writes that are held for a reason of their own.
        case decide(nth: Int, Decision)
        /// An append whose exchange the server is not to store.
        case aside(nth: Int, text: String)
        /// A program asks the daemon for a pull beside its own, and may go away before it has ended.
        case pullBeside(isFull: Bool, stopsAfter: Duration?)
    }
    enum Decision: CaseIterable, Hashable, Sendable { case retry, cancel, edit }
    struct Step: Hashable, Sendable {
        let at: VirtualInstant
        let action: Action
    }
    /// An action of a person in the middle of the engine's work.
    struct Interruption: Hashable, Sendable {
        /// The number of the job of the run before which it happens, from 1.
        let beforeJob: Int
        let action: Action
    }
    /// One death of our process.
    struct Death: Hashable, Sendable {
        /// The number of the point at which it dies, from 1, counted from the process's start.
        let afterPoints: Int
        /// How many commits are undone, but none from before the outside world last saw the process.
        var commitsUndone = 0
        /// Whether the machine loses its power as well.
        var cutsPower = false
    }

    var seed: UInt64
    var switches = ServerSwitches()
    var faults = FaultPlan()
    var others = OtherWriter()
    var clockJumps: [SimulatedWorld.ClockJump] = []
    var access = AccessPlan()
    /// Whether a person gives the database away and takes it back; meanwhile its daemon is restarted again and again.
    var adoptsByHand = false
    /// After how many answers the database is given away, each time before the answer is stored.
    var givings: [Int] = []
    var steps: [Step] = []
    var interruptions: [Interruption] = []
    var deaths: [Death] = []
    /// The programs that use the endpoint.
    var programs: [ProgramPlan] = []
    var intervals = SyncIntervals(poll: .seconds(60), sweep: .seconds(240))
    var limits = SyncLimits()
    /// The most events of a run; one that takes more counts as one that never comes to rest.
    var eventLimit = 40_000

    /// The texts of all writers: few, so that different writers often write the same text.
    static let texts = ["hello", "again", "hello", "sandbox:numbers look", "sandbox:call it", "hello"]

    init(seed: UInt64) { self.seed = seed }

    /// Draws a run of about ten minutes.
    ///
    /// - Parameters:
    ///   - seed: the seed from which everything is drawn.
    ///   - withHands: whether a person may also run programs beside the daemon.
    ///   - draws: what may be added, each to some of the seeds.
    ///   - always: what is added to every seed.
    init(
        drawnFrom seed: UInt64, withHands: Bool = true, drawing draws: Set<Draw> = Scenario.landed,
        always: Set<Draw> = []
    ) {
        var random = SplitMix64(seed: seed)
        self.seed = seed
        switches = ServerSwitches(drawnFrom: &random)
        let faultRate = random.element(of: [0, 50, 150, 300]) ?? 0
        faults = FaultPlan(drawnFrom: &random, perMille: faultRate, requests: 250)
        let span = Duration.seconds(600)
        others = OtherWriter(
            drawnFrom: &random, count: random.int(in: 0...14), within: span, texts: Scenario.texts)
        steps = (0..<random.int(in: 3...12)).flatMap { _ in Scenario.burst(drawnFrom: &random, within: span) }
        if withHands { steps += Scenario.hands(seed: seed, within: span) }
        steps.sort { $0.at < $1.at }
        if random.chance(perMille: 400) {
            deaths = (0..<random.int(in: 1...4)).map { _ in
                Death(
                    afterPoints: random.int(in: 1...60), commitsUndone: random.int(in: 0...2),
                    cutsPower: random.chance(perMille: 300))
            }
        }
        if random.chance(perMille: 150) {
            let by = random.duration(in: .seconds(-7200)...Duration.seconds(7200))
            clockJumps = [.init(at: .start + random.duration(in: .zero...span), by: by)]
        }
        for draw in Draw.allCases where draws.contains(draw) || always.contains(draw) {
            self.draw(draw, within: span, always: always.contains(draw))
        }
        steps.sort { $0.at < $1.at }
    }

    /// Draws the programs that a person runs, by a generator of their own, so that the rest of the scenario is the same
    /// without them.
    private static func hands(seed: UInt64, within span: Duration) -> [Step] {
        var random = SplitMix64(seed: seed ^ 0x68616e6473)
        guard random.chance(perMille: 400) else { return [] }
        return (0..<random.int(in: 1...4)).map { _ in
            let at = VirtualInstant.start + random.duration(in: .zero...span)
            guard random.chance(perMille: 750) else { return Step(at: at, action: .sync) }
            let isStopped = random.chance(perMille: 400)
            let (nth, text) = (random.int(in: 0...1000), random.element(of: texts) ?? "")
            let notifies = random.chance(perMille: 500)
            let stopsAfter = isStopped ? random.duration(in: .zero...Duration.seconds(20)) : nil
            return Step(
                at: at,
                action: random.chance(perMille: 400)
                    ? .startStreaming(text: text, notifies: notifies, stopsAfter: stopsAfter)
                    : .appendStreaming(nth: nth, text: text, notifies: notifies, stopsAfter: stopsAfter))
        }
    }

    /// One thing that a person does, or several writes in a row to the conversation that was active last.
    private static func burst(drawnFrom random: inout SplitMix64, within span: Duration) -> [Step] {
        let at = VirtualInstant.start + random.duration(in: .zero...span)
        let first = Step(at: at, action: action(drawnFrom: &random))
        guard random.chance(perMille: 300) else { return [first] }
        let more = (1...random.int(in: 1...3)).map { number in
            Step(at: at + .milliseconds(number * 700), action: .append(nth: 0, text: random.element(of: texts) ?? ""))
        }
        return [first] + more
    }

    private static func action(drawnFrom random: inout SplitMix64) -> Action {
        let text = random.element(of: texts) ?? "hello"
        let nth = random.int(in: 0...1000)
        switch random.int(in: 0...19) {
        case 0...3: return .start(text: text, isStored: true)
        case 4: return .start(text: text, isStored: random.chance(perMille: 500))
        case 5...11: return .append(nth: nth, text: random.chance(perMille: 60) ? "sandbox:error=503" : text)
        case 12, 13: return .restart(nth: nth, text: text)
        case 14: return .answerCalls(nth: nth)
        case 15: return .deleteRemotely(nth: nth)
        case 16: return .deleteHere(nth: nth)
        case 17: return .cancel(nth: nth)
        default: return .retry(nth: nth)
        }
    }
}
