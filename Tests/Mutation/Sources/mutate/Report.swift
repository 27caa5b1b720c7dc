import Mutation

/// The score, and the mutants that live.
struct Report {
    private let lives: [(mutant: Mutant, fate: Fate)]
    private let accepted: [(mutant: Mutant, entry: AcceptedSurvivors.Entry)]
    /// Accepted survivors whose mutants do not exist any more, or were killed.
    private let stale: [AcceptedSurvivors.Entry]
    private let killed: Int
    private let all: Int

    /// Makes the report of a campaign.
    ///
    /// - Parameters:
    ///   - mutants: the mutants that ran.
    ///   - fates: their fates, by id.
    ///   - survivors: the accepted survivors.
    ///   - isWhole: whether every mutant ran; only then can the report tell which accepted survivors are stale.
    init(_ mutants: [Mutant], _ fates: [Int: Fate], _ survivors: AcceptedSurvivors, isWhole: Bool) {
        let living = mutants.compactMap { mutant in
            fates[mutant.id].flatMap { $0.isKilled ? nil : (mutant: mutant, fate: $0) }
        }
        accepted = living.compactMap { life in survivors.entry(for: life.mutant).map { (life.mutant, $0) } }
        lives = living.filter { survivors.entry(for: $0.mutant) == nil }
        all = fates.count
        killed = fates.values.count(where: \.isKilled)
        stale = isWhole ? survivors.entries.filter { entry in !living.contains { entry.accepts($0.mutant) } } : []
    }

    /// The share of killed mutants among those that are not accepted survivors, in percent.
    var score: Double {
        let counted = all - accepted.count
        return counted == 0 ? 100 : Double(killed) / Double(counted) * 100
    }

    var isGood: Bool { score >= Plan.goal }

    /// Each survivor in the form of `equivalent.txt`, then the score.
    var text: String {
        var text = ""
        for (mutant, fate) in lives {
            let comment = fate == .notReached ? ", no test comes by it" : ""
            text += """
                # line \(mutant.line): \(mutant.change.rawValue)\(comment)
                file: \(mutant.file)
                from: \(mutant.original)
                to:   \(mutant.mutated)


                """
        }
        for entry in stale {
            text += "No longer alive, take it out: \(entry.file): \(entry.original) → \(entry.mutated)\n"
        }
        let percent = (score * 10).rounded(.down) / 10
        return text + """
            \(killed) of \(all) mutants killed, \(accepted.count) of the others accepted: \(percent) %, \
            \(Plan.goal) % are wanted
            """
    }
}
