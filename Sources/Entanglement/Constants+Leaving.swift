// SPDX-License-Identifier: Apache-2.0

extension Constants {
    /// Who leaves waits so long for somebody's word that it was heard.
    public static let leavePatience = Duration.seconds(10)
    /// And so long after the first one's word for that of the others.
    public static let leaveExtra = Duration.seconds(3)
    /// Who leaves before the records say that it is a member waits so long for these.
    public static let leaveJoiningPatience = Duration.seconds(60)
}
