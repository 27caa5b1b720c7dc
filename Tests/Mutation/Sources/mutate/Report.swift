import Mutation

/// The score, and who lives.
struct Report {
    private let lives: [(mutant: Mutant, fate: Fate)]
    private let accepted: [(mutant: Mutant, entry: AcceptedSurvivors.Entry)]
    /// Accepted, and no longer there, or killed.
    private let stale: [AcceptedSurvivors.Entry]
    private let killed: Int
    private let all: Int

    /// - Parameter isWhole: whether every mutant was run: only then an accepted one can be missing.
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

    /// In percent.
    var score: Double {
        let counted = all - accepted.count
        return counted == 0 ? 100 : Double(killed) / Double(counted) * 100
    }

    var isGood: Bool { score >= Plan.goal }

    /// Each survivor in the form of the file of accepted ones.
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
