package import SeededRandom

/// The requests that go wrong, and their faults: data, so that a run can be printed, repeated and made smaller.
package struct FaultPlan: Hashable, Sendable {
    /// The faults by the number of their request, from 1.
    package var faults: [Int: ExchangeFault]

    package init(_ faults: [Int: ExchangeFault] = [:]) { self.faults = faults }

    /// Draws faults for about `perMille` in a thousand of the first `requests` requests; all later requests go well, so
    /// that every simulation comes to rest.
    package init(drawnFrom random: inout SplitMix64, perMille: Int, requests: Int) {
        faults = [:]
        guard requests > 0 else { return }
        for number in 1...requests where random.chance(perMille: perMille) {
            faults[number] = ExchangeFault.drawn(from: &random)
        }
    }

    /// Adds a fault for about `perMille` in a thousand of the first `requests` requests, where they have none yet.
    package mutating func add(
        drawnFrom random: inout SplitMix64, perMille: Int, requests: Int, _ draw: (inout SplitMix64) -> ExchangeFault
    ) {
        guard requests > 0 else { return }
        for number in 1...requests where random.chance(perMille: perMille) && faults[number] == nil {
            faults[number] = draw(&random)
        }
    }

    package subscript(number: Int) -> ExchangeFault? { faults[number] }
}
