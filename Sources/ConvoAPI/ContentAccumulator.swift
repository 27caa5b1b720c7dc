internal import ConvoModel

/// A message's content from its pieces: a string where all of them are strings, else an array of chunks in the order
/// of their `content_index`.
struct ContentAccumulator: Sendable {
    private var runs: [Int: ChunkAccumulator] = [:]
    private var isPlain = true

    mutating func add(_ piece: MessageDelta.Piece, at index: Int) {
        switch piece {
        case .text(let text): runs[index, default: ChunkAccumulator()].add(.text(text))
        case .chunk(let chunk):
            isPlain = false
            runs[index, default: ChunkAccumulator()].add(GrowingChunk(chunk))
        }
    }

    var json: JSONText {
        let ordered = runs.sorted { $0.key < $1.key }.map(\.value)
        return isPlain ? .string(ordered.map(\.text).joined()) : .array(ordered.flatMap(\.json))
    }
}
