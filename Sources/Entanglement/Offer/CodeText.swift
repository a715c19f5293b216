// SPDX-License-Identifier: Apache-2.0

/// A scanned line, turned into a type once, at the edge.
public enum CodeText: Sendable, Equatable {
    /// Code 100.
    case offer(Offer)
    /// Code 200.
    case answer(Answer)
    /// Code 400, offline only: the other device refused; its text, printable ASCII.
    case refusal(String)

    /// Bytes of the text of a refusal at most.
    public static let refusalByteCountMax = 200

    /// Parses the exact bytes of one scanned line.
    ///
    /// Limits are checked first, then the strict grammar of PROTOCOL.md §2 and §3. White space
    /// around the line is not part of it and must be trimmed before.
    /// - Throws: `CodeTextError`, with the byte at which the text is wrong.
    public init(scanned bytes: [UInt8]) throws(CodeTextError) {
        guard bytes.count <= Constants.codeByteCountMax else {
            throw .tooLong(byteCount: bytes.count, limit: Constants.codeByteCountMax)
        }
        let result = bytes.withUnsafeBytes { raw -> Result<CodeText, CodeTextError> in
            do throws(CodeTextError) {
                return .success(try CodeText(raw, bytes))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// Parses one scanned line.
    public init(scanned text: String) throws(CodeTextError) {
        try self.init(scanned: Array(text.utf8))
    }

    /// The line of a refusal; characters that the grammar has no room for become `?`.
    public static func refusalLine(_ text: String) -> String {
        let clean = text.utf8.prefix(self.refusalByteCountMax).map { byte -> UInt8 in
            (0x20..<0x7f).contains(byte) && byte != 0x22 && byte != 0x5c ? byte : 0x3f
        }
        return "{\"response\":400,\"errorText\":\"\(String(decoding: clean, as: UTF8.self))\"}"
    }

    private init(_ raw: UnsafeRawBufferPointer, _ bytes: [UInt8]) throws(CodeTextError) {
        var scanner = StrictScanner(raw)
        if scanner.skip("{\"request\":100,") {
            let code = try Self.fields(&scanner)
            try Self.require(scanner.skip(",\"exp\":"), scanner)
            guard let expiry = scanner.integer() else { throw .malformed(offset: scanner.offset) }
            try Self.end("}", &scanner)
            self = .offer(Offer(code: code, expiresAtSeconds: expiry, bytes: bytes))
        } else if scanner.skip("{\"response\":200,") {
            let code = try Self.fields(&scanner)
            try Self.require(scanner.skip(",\"re\":\""), scanner)
            guard let reference = scanner.base64(byteCount: 16) else {
                throw .malformed(offset: scanner.offset)
            }
            try Self.end("\"}", &scanner)
            self = .answer(Answer(code: code, reference: reference, bytes: bytes))
        } else if scanner.skip("{\"response\":400,\"errorText\":\"") {
            guard let range = scanner.string(byteCountMax: Self.refusalByteCountMax) else {
                throw .malformed(offset: scanner.offset)
            }
            try Self.end("\"}", &scanner)
            self = .refusal(scanner.text(range))
        } else {
            throw .notOurs
        }
    }

    private static func require(_ holds: Bool, _ scanner: StrictScanner) throws(CodeTextError) {
        guard holds else { throw .malformed(offset: scanner.offset) }
    }

    private static func end(
        _ literal: StaticString, _ scanner: inout StrictScanner
    ) throws(CodeTextError) {
        guard scanner.skip(literal), scanner.isAtEnd else {
            throw .malformed(offset: scanner.offset)
        }
    }

    private static func fields(_ scanner: inout StrictScanner) throws(CodeTextError) -> MeetingCode
    {
        try self.require(scanner.skip("\"v\":"), scanner)
        guard let version = scanner.integer() else { throw .malformed(offset: scanner.offset) }
        guard version == 1 else { throw .unsupportedVersion(version) }
        try self.require(scanner.skip(",\"pid\":\""), scanner)
        guard let pid = scanner.identifier(PeerID.self) else {
            throw .malformed(offset: scanner.offset)
        }
        try self.require(scanner.skip("\",\"host\":"), scanner)
        let hosts = try self.hosts(&scanner)
        var nat: NATHint?
        if scanner.skip(",\"nat\":\"") {
            guard let letter = scanner.letter(), scanner.skip("\"") else {
                throw .malformed(offset: scanner.offset)
            }
            nat = NATHint(rawValue: letter)
        }
        try self.require(scanner.skip(",\"key\":\""), scanner)
        guard let rawKey = scanner.base64(byteCount: 32), let key = PublicKey(bytes: rawKey) else {
            throw .malformed(offset: scanner.offset)
        }
        try self.require(scanner.skip("\",\"salt\":\""), scanner)
        guard let salt = scanner.base64(byteCount: 16) else {
            throw .malformed(offset: scanner.offset)
        }
        try self.require(scanner.skip("\",\"totalPeers\":"), scanner)
        guard let totalPeers = scanner.integer() else { throw .malformed(offset: scanner.offset) }
        return MeetingCode(
            pid: pid, hosts: hosts, nat: nat, key: key, salt: Secret(salt), totalPeers: totalPeers)
    }

    private static func hosts(_ scanner: inout StrictScanner) throws(CodeTextError) -> [Endpoint] {
        if scanner.skip("\"unknown\"") { return [] }
        try self.require(scanner.skip("["), scanner)
        var hosts: [Endpoint] = []
        repeat {
            let start = scanner.offset
            guard hosts.count < Constants.codeHostCountMax, scanner.skip("\""),
                let range = scanner.string(byteCountMax: 47), scanner.skip("\"")
            else { throw .malformed(offset: scanner.offset) }
            guard let endpoint = Endpoint(scanner.text(range)), endpoint.isUsable,
                !hosts.contains(endpoint)
            else { throw .badHost(offset: start) }
            hosts.append(endpoint)
        } while scanner.skip(",")
        try self.require(scanner.skip("]"), scanner)
        return hosts
    }
}
