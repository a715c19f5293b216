// SPDX-License-Identifier: Apache-2.0

/// The notices that a member holds, or those of a range of names (frame 29, PROTOCOL.md §14.2).
struct NoticeList: Equatable {
    struct Entry: Equatable {
        /// For author, kind and subject: the UUIDv8 of a hash.
        var name: MemberID
        var sequence: UInt64
        /// The first 16 bytes of the SHA-256 of the notice.
        var content: [UInt8]

        /// Whether this one is wanted by who holds the other: it is newer, or as new and says something else.
        func isNews(to other: Entry) -> Bool {
            self.sequence > other.sequence
                || self.sequence == other.sequence && self.content != other.content
        }
    }

    /// The first name of the range.
    var first: MemberID
    /// The last one.
    var last: MemberID
    /// In the order of their names.
    var entries: [Entry]

    /// Entries of one frame at most.
    static let countMax = 24
    /// Bytes of what names the content.
    static let contentByteCount = 16

    func entry(_ name: MemberID) -> Entry? { self.entries.first { $0.name == name } }
}

extension ByteWriter {
    mutating func put(_ list: NoticeList) {
        self.put(list.first)
        self.put(list.last)
        for entry in list.entries.prefix(NoticeList.countMax) {
            self.put(entry.name)
            self.put(entry.sequence)
            self.put(entry.content)
        }
    }
}

extension ByteReader {
    mutating func noticeList() -> NoticeList? {
        guard let first = self.memberID(), let last = self.memberID(), first <= last else {
            return nil
        }
        var entries: [NoticeList.Entry] = []
        while !self.isAtEnd {
            guard let name = self.memberID(), let sequence = self.uint64(),
                let content = self.take(NoticeList.contentByteCount),
                entries.count < NoticeList.countMax, name >= first, name <= last,
                entries.last.map({ $0.name < name }) ?? true
            else { return nil }
            entries.append(
                NoticeList.Entry(name: name, sequence: sequence, content: Array(content)))
        }
        return NoticeList(first: first, last: last, entries: entries)
    }
}
