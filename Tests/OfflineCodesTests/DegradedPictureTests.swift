// SPDX-License-Identifier: Apache-2.0
#if QR && os(Linux)
    import Testing

    @testable import OfflineCodes

    /// 120 pictures of twelve kinds, made anew in every run from one seed.
    @Suite struct DegradedPictureTests {
        static let perKind = 10

        @Test func readsNineOfTenAndNeverAWrongText() async throws {
            let kinds = DegradedPicture.Kind.allCases
            let counts = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for (index, kind) in kinds.enumerated() {
                    group.addTask { (index, try Self.readCount(kind, seed: UInt64(index))) }
                }
                return try await group.reduce(into: [Int](repeating: 0, count: kinds.count)) {
                    $0[$1.0] = $1.1
                }
            }
            for (kind, count) in zip(kinds, counts) {
                print("degraded pictures: \(kind) \(count) of \(Self.perKind)")
            }
            let (sum, total) = (counts.reduce(0, +), kinds.count * Self.perKind)
            print("degraded pictures: \(sum) of \(total)")
            #expect(sum * 10 >= total * 9)
        }

        private static func readCount(_ kind: DegradedPicture.Kind, seed: UInt64) throws -> Int {
            var count = 0
            for index in 0..<self.perKind {
                let severity = Float(index) / Float(self.perKind - 1)
                let picture = try DegradedPicture(
                    kind, severity: severity, seed: seed << 32 | UInt64(index))
                guard let found = try? CodeReader().read(picture.file) else { continue }
                #expect(found == .init(text: picture.text, source: .picture))
                count += 1
            }
            return count
        }
    }
#endif
