import ConvoJSON
import ConvoModel

/// Makes the model's files, and the outputs and chunks that refer to them.
struct FileMaker: Sendable {
    static let imageTool = "image_generation"
    static let imageFunction = "generate_image"

    let signer: URLSigner
    /// When the URL of a new file expires, in seconds since 1970.
    let expiry: Int64
    let imageChunk: Switches.ImageChunk
    var ids: IDMint
    /// The time that new ids contain.
    let now: Timestamp

    mutating func makeImage(
        for prompt: String, into script: inout EchoModel.Script, _ pieces: inout [ScriptedOutput.Piece]
    ) {
        let number = script.files.count { $0.kind == .image }
        let file = StoredFile(id: ids.file(at: now), kind: .image)
        script.files.append(file)
        let result = JSONText.object(["url": .string(signer.url(of: file.id, expiry: expiry))])
        script.outputs.append(
            .toolExecution(
                name: FileMaker.imageTool, function: FileMaker.imageFunction,
                arguments: JSONText.object(["prompt": .string(prompt)]).text,
                info: .object(["result": .string(result.text)])))
        guard imageChunk == .present else { return }
        pieces.append(
            .chunk(FileMaker.chunk(file, by: FileMaker.imageTool, name: "image_generated_\(number)", type: "png")))
    }

    mutating func makeTable(into script: inout EchoModel.Script, _ pieces: inout [ScriptedOutput.Piece]) {
        let file = StoredFile(id: ids.file(at: now), kind: .table)
        script.files.append(file)
        let code = "pandas.DataFrame(rows).to_csv('table.csv')"
        script.outputs.append(
            .toolExecution(
                name: "code_interpreter", function: "code_interpreter",
                arguments: JSONText.object(["code": .string(code)]).text,
                info: .object([
                    "result": .array([JSONText]()), "code": .string(code), "code_output": .string(""),
                    "file_url": .string(signer.url(of: file.id, expiry: expiry)),
                ])))
        pieces.append(.chunk(FileMaker.chunk(file, by: "code_interpreter", name: "table.csv", type: "csv")))
    }

    private static func chunk(_ file: StoredFile, by tool: String, name: String, type: String) -> JSONText {
        .object([
            "type": .string("tool_file"), "tool": .string(tool), "file_id": .string(file.id),
            "file_name": .string(name), "file_type": .string(type),
        ])
    }

}

/// Makes and checks signed URLs, under which a client downloads a file without a key.
struct URLSigner: Sendable {
    static let path = "/sandbox/files/"

    /// The server's URL, without a path; ``Emulator/baseURL`` sets it.
    var baseURL = "http://127.0.0.1"
    let secret: UInt64

    /// Makes a URL for a file.
    ///
    /// - Parameters:
    ///   - id: the file's id.
    ///   - expiry: when the URL expires, in seconds since 1970.
    /// - Returns: the signed URL.
    func url(of id: String, expiry: Int64) -> String {
        "\(baseURL)\(URLSigner.path)\(id)?expires=\(expiry)&signature=\(signature(of: id, expiry))"
    }

    func accepts(_ signature: String, of id: String, expiry: Int64, at now: Int64) -> Bool {
        signature == self.signature(of: id, expiry) && now < expiry
    }

    private func signature(of id: String, _ expiry: Int64) -> String {
        String(FNV1a.hash("\(secret):\(id):\(expiry)"), radix: 16)
    }
}

/// A file that the model made.
///
/// Its bytes follow from its kind and its id, and are not stored.
public struct StoredFile: Hashable, Sendable {
    enum Kind: String, Sendable { case image, table }

    let id: String
    let kind: Kind
    var owner: Owner?

    init(id: String, kind: Kind, owner: Owner? = nil) {
        (self.id, self.kind, self.owner) = (id, kind, owner)
    }

    /// Reads `{"id", "kind", "owner"}`; `nil` where the id or a known kind is missing.
    init?(json: JSONText) {
        guard let id = json["id"]?.string, let kind = json["kind"]?.string.flatMap(Kind.init) else { return nil }
        self.init(id: id, kind: kind, owner: json["owner"].flatMap { Owner(json: $0) })
    }

    var json: JSONText {
        .object(["id": .string(id), "kind": .string(kind.rawValue), "owner": owner?.json])
    }

    /// The file's content.
    public var bytes: [UInt8] {
        switch kind {
        case .image: StoredFile.image(with: id)
        case .table: Array("city,degrees\nParis,21\nfile,\(id)\n".utf8)
        }
    }

    /// The `Content-Type` under the signed URL.
    ///
    /// An image is JPEG there, though its chunk's `file_type` is `png`.
    public var mediaType: String {
        switch kind {
        case .image: "image/jpeg"
        case .table: "text/csv"
        }
    }

    // With this padding the image is about as large as the recorded one.
    private static let paddingSegments = 2
    private static let paddingLength = 52_000

    /// A JPEG image of one pixel, padded to the size of a picture with comment segments that begin with the file's id.
    private static func image(with id: String) -> [UInt8] {
        // > COM: Comment. ITU T.81, B.2.4.5; its length includes the two bytes that say it.
        let comment: [UInt8] = [0xFF, 0xFE, UInt8(paddingLength >> 8), UInt8(paddingLength & 0xFF)]
        let name = id.utf8.prefix(paddingLength - 2)
        let padding = comment + name + [UInt8](repeating: UInt8(ascii: " "), count: paddingLength - 2 - name.count)
        let comments = (0..<paddingSegments).flatMap { _ in padding }
        return Array(pixel[..<headLength]) + comments + Array(pixel[headLength...])
    }

    /// The length of the image's start marker and its JFIF segment, in bytes.
    private static let headLength = 20
    private static let pixel: [UInt8] =
        [
            0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, 0x4A, 0x46, 0x49, 0x46, 0x00, 0x01, 0x01, 0x01,
            0x00, 0x48, 0x00, 0x48, 0x00, 0x00, 0xFF, 0xDB, 0x00, 0x43, 0x00,
        ] + [UInt8](repeating: 0xFF, count: 64) + [
            0xFF, 0xC2, 0x00, 0x0B, 0x08, 0x00, 0x01, 0x00, 0x01, 0x01, 0x01, 0x11, 0x00, 0xFF,
            0xC4, 0x00, 0x14, 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
            0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00,
            0x01, 0x3F, 0x10, 0xFF, 0xD9,
        ]
}
