package import ConvoJSON
import ConvoModel
import MistralEmulator
package import SeededRandom

/// The actions of other clients and of the server itself while our client works: a script, drawn from a seed or written by hand.
package struct OtherWriter: Hashable, Sendable {
    /// `nth` is an index into the list at that moment, modulo its length.
    package enum Action: Hashable, Sendable {
        case start(text: String)
        /// Two conversations at the same moment.
        case startTwins(text: String)
        /// A conversation with a tool, whose first turn takes so long.
        case startWithTool(text: String, lasting: Duration)
        case append(nth: Int, text: String)
        /// As many turns in one conversation as `count` says, one behind the other.
        case appendMany(nth: Int, text: String, count: Int)
        case restart(nth: Int, text: String)
        case delete(nth: Int)
        /// The server forgets an entry that our client did not write.
        case dropEntry(nth: Int, entry: Int)
        /// The server rewrites an entry that our client did not write.
        case changeEntry(nth: Int, entry: Int)
        /// As many conversations as `count` says, ten milliseconds apart, as in a busy account.
        case startMany(text: String, count: Int)
        /// The server rewrites the accented letters of an entry, or of a name, in their other Unicode spelling.
        case respellEntry(nth: Int, entry: Int)
        case respellName(nth: Int)
        case addOddRow(Oddities.Row, place: Int)
        case spoilRow(nth: Int, Oddities.Form)
        case addOddElement(OddElement.Kind, nth: Int, place: Int)
        /// A history becomes too large to read, or small enough again.
        case setOversized(nth: Int, Bool)
        case shrinkAll
        /// Something between us and the server, such as a virus filter, answers every request for one history from now on.
        case filterHistory(nth: Int)
        case deleteMany(count: Int)
        /// The server hides all conversations without a turn of ours except the newest `butNewest`, until ``showAll``.
        ///
        /// It answers requests for a hidden one with `denial`; the list leaves them out only with `alsoInList`.
        case hideAll(butNewest: Int, alsoInList: Bool, denial: Denial = .notFound)
        case showAll
    }
    /// How the server answers a request for a hidden conversation.
    package enum Denial: CaseIterable, Hashable, Sendable { case notFound, forbidden }
    package struct Step: Hashable, Sendable {
        package let at: VirtualInstant
        package let action: Action
        package init(at: VirtualInstant, _ action: Action) { (self.at, self.action) = (at, action) }
    }

    package var steps: [Step]

    /// The `tools` of a conversation that may run code.
    package static let tool = JSONText.array([.object(["type": .string("code_interpreter")])])

    package init(_ steps: [Step] = []) { self.steps = steps }

    /// Draws `count` actions within the span; their texts are drawn from `texts`, which our client may write, too.
    package init(drawnFrom random: inout SplitMix64, count: Int, within span: Duration, texts: [String]) {
        steps = []
        for _ in 0..<count {
            let at = VirtualInstant.start + random.duration(in: .zero...span)
            steps.append(Step(at: at, OtherWriter.action(drawnFrom: &random, texts: texts)))
        }
    }

    private static func action(drawnFrom random: inout SplitMix64, texts: [String]) -> Action {
        let text = random.element(of: texts) ?? "something else"
        let nth = random.int(in: 0...1000)
        switch random.int(in: 0...15) {
        case 0...2: return .start(text: text)
        case 3: return .startTwins(text: text)
        case 4...9: return .append(nth: nth, text: text)
        case 10, 11: return .restart(nth: nth, text: text)
        case 12, 13: return .delete(nth: nth)
        case 14: return .dropEntry(nth: nth, entry: random.int(in: 0...1000))
        default: return .changeEntry(nth: nth, entry: random.int(in: 0...1000))
        }
    }
}

extension SimulatedServer {
    /// Does one action of another writer, if the conversation that it needs exists and is not locked.
    mutating func perform(_ action: OtherWriter.Action, number: Int, at instant: VirtualInstant) {
        advance(to: instant)
        let cause = Cause.other(action: number)
        switch action {
        case .start(let text), .startTwins(let text):
            let request = StartRequest(text)
            guard case .startTwins = action else {
                _ = handle(.start(request), at: instant, cause: cause)
                return
            }
            let precision = emulator.switches.creationTimes
            emulator.switches.creationTimes = .milliseconds
            for _ in 0..<2 { _ = handle(.start(request), at: instant, cause: cause) }
            emulator.switches.creationTimes = precision
        case .startWithTool(let text, let lasts):
            var request = StartRequest(text)
            request.tools = OtherWriter.tool
            _ = handle(.start(request), at: instant, cause: cause, lasting: lasts)
        case .append(let nth, let text):
            guard let target = conversation(nth: nth) else { return }
            _ = handle(.append(AppendRequest(inputs: .text(text)), to: target.id), at: instant, cause: cause)
        case .appendMany(let nth, let text, let count):
            guard let target = conversation(nth: nth) else { return }
            for _ in 0..<count {
                let request = AppendRequest(inputs: .text(text))
                _ = handle(.append(request, to: target.id), at: now, cause: cause, lasting: .milliseconds(5))
                advance(to: now + .milliseconds(10))
            }
        case .restart(let nth, let text):
            guard let target = conversation(nth: nth), let last = target.entries.last else { return }
            let request = RestartRequest(from: last.id, inputs: .text(text))
            _ = handle(.restart(request, of: target.id), at: instant, cause: cause)
        case .delete(let nth):
            guard let target = conversation(nth: nth) else { return }
            _ = handle(.delete(target.id), at: instant, cause: cause)
        case .dropEntry(let nth, let entry):
            guard let target = conversation(nth: nth) else { return }
            var dropped: Int?
            alter(nth: nth, entry: entry) { entries, place in
                // Without one of the two, the conversation would take no append any more.
                let kept = [EntryType.functionCall, .functionResult].map(\.rawValue)
                guard !kept.contains(entries[place]["type"]?.string ?? "") else { return }
                entries.remove(at: place)
                dropped = place
            }
            if let dropped { oddities.dropEntry(at: dropped, of: target.id) }
        case .changeEntry(let nth, let entry):
            alter(nth: nth, entry: entry) { entries, place in
                entries[place] = entries[place].setting("edited", to: .bool(true))
            }
        case .respellEntry(let nth, let entry):
            alter(nth: nth, entry: entry) { entries, place in
                entries[place] = ServedEntry.respelled(entries[place])
            }
        case .startMany(let text, let count):
            for _ in 0..<count {
                _ = handle(.start(StartRequest(text)), at: now, cause: cause, lasting: .milliseconds(5))
                advance(to: now + .milliseconds(10))
            }
        case .deleteMany(let count):
            for target in conversations.filter({ !isOurs($0) }).prefix(count) {
                _ = handle(.delete(target.id), at: now, cause: cause)
            }
        default: disturb(action)
        }
    }

    private mutating func disturb(_ action: OtherWriter.Action) {
        switch action {
        case .respellName(let nth):
            guard let target = conversation(nth: nth), !isLocked(target.id) else { return }
            let name = target.raw["name"]?.string.map(Letters.respelled) ?? "caf\u{E9}"
            let moment = now
            change(target.id) { conversation in
                conversation.rename(name)
                conversation.touch(at: moment)
            }
        case .addOddRow(let row, let place): oddities.rows[place] = row
        case .spoilRow(let nth, let form):
            if let target = conversation(nth: nth) { oddities.forms[target.id] = form }
        case .addOddElement(let kind, let nth, let place): addOddElement(kind, nth: nth, place: place)
        case .setOversized(let nth, let isOversized):
            guard let target = conversation(nth: nth) else { return }
            if isOversized { oddities.oversized.insert(target.id) } else { oddities.oversized.remove(target.id) }
            let moment = now
            change(target.id) { $0.touch(at: moment) }
        case .filterHistory(let nth):
            if let target = conversation(nth: nth) { oddities.filtered.insert(target.id) }
        case .shrinkAll:
            let moment = now
            for id in oddities.oversized.sorted(by: { $0.rawValue < $1.rawValue }) {
                change(id) { $0.touch(at: moment) }
            }
            oddities.oversized = []
        case .hideAll(let count, let alsoInList, let denial):
            self.denial = denial
            hidden = Set(conversations.filter { !isOurs($0) }.dropFirst(count).map(\.id))
            listsHidden = !alsoInList
        case .showAll: hidden = []
        default: break
        }
    }

    private mutating func addOddElement(_ kind: OddElement.Kind, nth: Int, place: Int) {
        guard let target = conversation(nth: nth), !isLocked(target.id), !target.entries.isEmpty else { return }
        let number = oddities.elements.values.reduce(0) { $0 + $1.count }
        oddities.elements[target.id, default: []].append(
            OddElement(kind: kind, place: min(place, target.entries.count), id: EntryID("msg_odd_\(number)")))
        let moment = now
        change(target.id) { $0.touch(at: moment) }
    }

    /// Whether our client has written a turn in the conversation, or is writing one: such a conversation is never
    /// hidden, nor deleted together with many others.
    private func isOurs(_ conversation: ServedConversation) -> Bool {
        turns.contains { $0.conversation == conversation.id && $0.cause.call != nil }
            || runs.contains { $0.turn.conversation == conversation.id && $0.turn.cause.call != nil }
    }

    private func conversation(nth: Int) -> ServedConversation? {
        let all = emulator.newestFirst
        return all.isEmpty ? nil : ServedConversation(all[nth % all.count], responses: responses)
    }

    /// Changes one entry that our client did not write, and moves the conversation's `updated_at`.
    private mutating func alter(nth: Int, entry: Int, _ alter: (inout [JSONText], Int) -> Void) {
        guard let target = conversation(nth: nth), !isLocked(target.id) else { return }
        let ours = Set(turns.filter { $0.cause.call != nil }.flatMap { $0.inputs + $0.outputs })
        let ids = target.entries.map(\.id)
        let places = ids.indices.filter { !ours.contains(ids[$0]) }
        guard !places.isEmpty else { return }
        let moment = now
        change(target.id) { conversation in
            conversation.change { alter(&$0, places[entry % places.count]) }
            conversation.touch(at: moment)
        }
    }
}
