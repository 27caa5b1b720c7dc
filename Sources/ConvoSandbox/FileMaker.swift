import ConvoModel
import ConvoServer

/// Makes the model's files, and what an answer says of them.
struct FileMaker: Sendable {
    static let imageTool = "image_generation"
    static let imageFunction = "generate_image"

    let signer: URLSigner
    /// When a new file's URL ends, in seconds since 1970.
    let expiry: Int64
    let imageChunk: Switches.ImageChunk

    func makeImage(
        for prompt: String, into script: inout EchoModel.Script, _ pieces: inout [ScriptedOutput.Piece]
    ) {
        let number = script.files.count { $0.kind == .image }
        let file = StoredFile(id: FileMaker.fileID(), kind: .image)
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

    func makeTable(into script: inout EchoModel.Script, _ pieces: inout [ScriptedOutput.Piece]) {
        let file = StoredFile(id: FileMaker.fileID(), kind: .table)
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

    private static func fileID() -> String { UUIDv7(microseconds: WallClock.microseconds()).dashed }
}
