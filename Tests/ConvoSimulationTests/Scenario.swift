import ConvoModel
import ConvoSimulation
import ConvoSync
import SeededRandom

/// Everything that makes one run what it is: data, drawn from a seed or written by hand.
struct Scenario: Sendable {
    /// What a person does; `nth` counts in the order in which the store lists things, round and round.
    enum Action: Hashable, Sendable {
        case start(text: String, isStored: Bool)
        case append(nth: Int, text: String)
        case restart(nth: Int, text: String)
        case answerCalls(nth: Int)
        case deleteRemotely(nth: Int)
        case deleteHere(nth: Int)
        case cancel(nth: Int)
        case retry(nth: Int)
        /// So many appends to each conversation.
        case flood(rounds: Int)
        /// `convo append --stream`: a process of its own, which a person may stop, queues it and delivers it.
        case appendStreaming(nth: Int, text: String, rings: Bool, stopsAfter: Duration?)
        /// `convo sync`: a process of its own.
        case sync
        /// The same with another account's key, or for another server.
        case syncAs(Tenant)
        /// `convo account adopt` with that account's key, whatever runs beside it.
        case adoptAs(Tenant)
        /// `convo sync --accept-deletions`.
        case acceptDeletions
        /// The database is copied; the copy is put in its place; the copy is used on another machine.
        case backUp
        case restore
        case syncCopy
        /// Everything goes that is held because the database is a copy.
        case retryCopied
    }
    struct Step: Hashable, Sendable {
        let at: VirtualInstant
        let action: Action
    }
    /// A person does something in the middle of the engine's work.
    struct Interruption: Hashable, Sendable {
        /// Before which job of all that run, from 1.
        let beforeJob: Int
        let action: Action
    }
    /// One death of our process.
    struct Death: Hashable, Sendable {
        /// After how many more points that the process passes.
        let afterPoints: Int
        /// How many of the commits since the last point never were.
        var commitsUndone = 0
        /// The power goes, too.
        var cutsPower = false
    }

    var seed: UInt64
    var switches = ServerSwitches()
    var faults = FaultPlan()
    var others = OtherWriter()
    var clockJumps: [SimulatedWorld.ClockJump] = []
    var access = AccessPlan()
    /// Whether a person gives the database away and takes it back: until then its daemon is started again and again.
    var adoptsByHand = false
    var steps: [Step] = []
    var interruptions: [Interruption] = []
    var deaths: [Death] = []
    var intervals = SyncIntervals(poll: .seconds(60), sweep: .seconds(240))
    var limits = SyncLimits()
    /// A run that takes more never comes to rest.
    var eventLimit = 20_000

    /// The texts of all writers: few, so that they often say the very same.
    static let texts = ["hello", "again", "hello", "[tool] look", "[call] it", "hello"]

    init(seed: UInt64) { self.seed = seed }

    /// A run of some ten minutes with everything in it.
    ///
    /// - Parameters:
    ///   - withHands: a person runs programs beside the daemon, too, in some of them.
    ///   - draws: what the real world adds, to some of them each.
    ///   - always: what it adds to each of them.
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

    /// What is run by hand; drawn by itself, so that the rest of a seed stays what it is without.
    private static func hands(seed: UInt64, within span: Duration) -> [Step] {
        var random = SplitMix64(seed: seed ^ 0x68616e6473)
        guard random.chance(perMille: 400) else { return [] }
        return (0..<random.int(in: 1...4)).map { _ in
            let at = VirtualInstant.start + random.duration(in: .zero...span)
            guard random.chance(perMille: 750) else { return Step(at: at, action: .sync) }
            let isStopped = random.chance(perMille: 400)
            return Step(
                at: at,
                action: .appendStreaming(
                    nth: random.int(in: 0...1000), text: random.element(of: texts) ?? "",
                    rings: random.chance(perMille: 500),
                    stopsAfter: isStopped ? random.duration(in: .zero...Duration.seconds(20)) : nil))
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
        case 5...11: return .append(nth: nth, text: random.chance(perMille: 60) ? "[fail]" : text)
        case 12, 13: return .restart(nth: nth, text: text)
        case 14: return .answerCalls(nth: nth)
        case 15: return .deleteRemotely(nth: nth)
        case 16: return .deleteHere(nth: nth)
        case 17: return .cancel(nth: nth)
        default: return .retry(nth: nth)
        }
    }
}
