import CSQLite

/// The ranking of one query's rows, while FTS5 goes through them from the newest to the oldest.
///
/// A score is BM25, faded by the row's age. Most rows cannot be among the best: the words' places in a row tell how long the
/// row is at least, and so how high its score is at most. The ranking reads the length of the other rows only, because FTS5
/// takes longer for that than for all else.
struct Ranking {
    private static let saturation = 1.2
    private static let lengthShare = 0.75
    /// Occurrences of a phrase in one row beyond this number do not raise the score.
    private static let occurrenceLimit = 500

    private let now: Int64
    private let weights: [Double]
    /// An upper bound of every score before it fades.
    private let ceiling: Double
    private let averageLength: Double
    /// How often each phrase occurs in the current row.
    private var frequencies: [Double]
    private var best: BestScores

    /// Begins the ranking of a query.
    ///
    /// - Parameters:
    ///   - api: FTS5's functions.
    ///   - row: the query's first row.
    ///   - kept: how many of the best rows are wanted; 0: all rows.
    ///   - now: from when on a row's age counts, on the scale of ``EntryKey``, as its row id is; 0: nothing fades.
    ///   - weights: the weight of each phrase; that of one without is 0.
    init(_ api: Fts5ExtensionApi, _ row: OpaquePointer, kept: Int, now: Int64, weights: [Double]) {
        let phrases = max(0, Int(api.xPhraseCount(row)))
        self.now = now
        self.weights = (0..<phrases).map { $0 < weights.count ? weights[$0] : 0 }
        ceiling = self.weights.reduce(0, +) * (Ranking.saturation + 1)
        frequencies = Array(repeating: 0, count: phrases)
        best = BestScores(limit: kept)
        var tokens: Int64 = 0
        var rows: Int64 = 0
        _ = api.xColumnTotalSize(row, -1, &tokens)
        _ = api.xRowCount(row, &rows)
        averageLength = max(1, Double(tokens) / Double(max(1, rows)))
    }

    /// The share of its score that a row of some age keeps: half of the score fades with the years.
    static func fading(of key: Int64, now: Int64) -> Double {
        0.5 + 0.5 / (1 + Double(max(0, now - key)) / EntryKey.unitsPerYear)
    }

    /// The result of a look at one row.
    enum Finding {
        case score(Double)
        /// Enough rows before it have a score that is as high.
        case none
        /// So it is with this row, and with every older one.
        case end
    }

    /// Finds the score of the current row.
    mutating func find(_ api: Fts5ExtensionApi, _ row: OpaquePointer) -> Finding {
        let fading = Ranking.fading(of: api.xRowid(row), now: now)
        guard best.admits(ceiling * fading) else { return .end }
        var shortest = 0
        for phrase in weights.indices {
            let (count, end) = occurrences(api, row, CInt(phrase))
            frequencies[phrase] = Double(count)
            shortest = max(shortest, end)
        }
        guard best.admits(score(length: shortest) * fading) else { return .none }
        var length: CInt = 0
        _ = api.xColumnSize(row, -1, &length)
        let score = score(length: Int(length)) * fading
        guard best.admits(score) else { return .none }
        best.insert(score)
        return .score(score)
    }

    private func score(length: Int) -> Double {
        let share = 1 - Ranking.lengthShare + Ranking.lengthShare * Double(length) / averageLength
        var score = 0.0
        for phrase in weights.indices {
            let frequency = frequencies[phrase]
            score +=
                weights[phrase] * frequency * (Ranking.saturation + 1) / (frequency + Ranking.saturation * share)
        }
        return score
    }

    /// How often a phrase occurs in the current row, and how many words the row has at least for that.
    private func occurrences(
        _ api: Fts5ExtensionApi, _ row: OpaquePointer, _ phrase: CInt
    ) -> (count: Int, end: Int) {
        var iterator = Fts5PhraseIter()
        var column: CInt = 0
        var offset: CInt = 0
        var (count, end) = (0, 0)
        guard api.xPhraseFirst(row, phrase, &iterator, &column, &offset) == SQLITE_OK else { return (0, 0) }
        while column >= 0, count < Ranking.occurrenceLimit {
            count += 1
            end = max(end, Int(offset) + 1)
            api.xPhraseNext(row, &iterator, &column, &offset)
        }
        return (count, end)
    }
}

/// The highest scores so far, as a heap whose first element is the lowest of them.
struct BestScores {
    private let limit: Int
    private(set) var heap: [Double] = []

    /// - Parameter limit: how many scores are kept; 0: none, and every score is admitted.
    init(limit: Int) { self.limit = limit }

    /// Whether a score is higher than one of those that are kept, or fewer are kept than may be.
    func admits(_ score: Double) -> Bool { limit <= 0 || heap.count < limit || score > heap[0] }

    /// Keeps a score that is admitted, in place of the lowest one if there are enough.
    mutating func insert(_ score: Double) {
        guard limit > 0 else { return }
        if heap.count < limit {
            heap.append(score)
            var place = heap.count - 1
            while place > 0, heap[place] < heap[(place - 1) / 2] {
                heap.swapAt(place, (place - 1) / 2)
                place = (place - 1) / 2
            }
            return
        }
        heap[0] = score
        var place = 0
        while true {
            let left = 2 * place + 1
            guard left < heap.count else { return }
            let lower = left + 1 < heap.count && heap[left + 1] < heap[left] ? left + 1 : left
            guard heap[lower] < heap[place] else { return }
            heap.swapAt(place, lower)
            place = lower
        }
    }
}
