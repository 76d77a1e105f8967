namespace Mesh.Faults.Tests.Campaign;

/// <summary>I1.</summary>
internal static partial class InvariantChecker
{
    private static IEnumerable<Finding> Conservation(Evidence evidence)
    {
        var rows = evidence.Rows.ToLookup(row => row.Recording);
        var letters = evidence.Letters.ToLookup(letter => letter.IngestId);
        foreach (var upload in evidence.Acknowledged.DistinctBy(upload => upload.IngestId))
        {
            foreach (string what in Account(evidence, upload, [.. rows[upload.IngestId]], [.. letters[upload.IngestId]]))
            {
                yield return new Finding(Invariant.Conservation, $"{upload}: {what}");
            }
        }
    }

    /// <summary>Bad input has its own codes: these say that a program failed, and a repair would be the program's.</summary>
    private static readonly HashSet<string> Unforeseen = ["MESH2199", "MESH5004"];

    private static IEnumerable<Finding> UnforeseenLetters(Evidence evidence) => evidence.Letters.Where(letter => Unforeseen.Contains(letter.Code))
        .Select(letter => new Finding(Invariant.Conservation, $"{letter.IngestId} {letter.Channel} is a dead letter of a failure that nobody foresaw: {letter.Code}"));

    private static IEnumerable<Finding> ForeignCommits(Evidence evidence) => evidence.ForeignCommitsLost.Select(lost => new Finding(Invariant.Conservation, lost));

    private static IEnumerable<string> Account(Evidence evidence, Upload upload, IReadOnlyList<LakeRow> rows, IReadOnlyList<Letter> letters)
    {
        if (!evidence.Accounts.TryGetValue(upload.IngestId, out var account)) return ["acknowledged, and the server does not know it"];
        return account.State switch
        {
            "committed" => Committed(evidence, upload.Content, upload.IngestId, account, rows, letters),
            "deadlettered" when upload.Content.IsDamaged => DeadLettered(rows, letters),
            _ => [$"it is {account.State}: {account.Reason}"],
        };
    }

    private static IEnumerable<string> DeadLettered(IReadOnlyList<LakeRow> rows, IReadOnlyList<Letter> letters)
    {
        if (rows.Count > 0) yield return $"dead-lettered, and {rows.Count} rows of it are in the lake";
        if (letters.Count == 0) yield return "dead-lettered, and there is no letter";
    }

    private static IEnumerable<string> Committed(Evidence evidence, Content content, string id, Account account, IReadOnlyList<LakeRow> rows, IReadOnlyList<Letter> letters)
    {
        if (content.Fault == ContentFault.Nonsense) yield return "committed, though it is no recording";
        if (account.MessagesIn != account.RowsOut + account.DeadLetters + account.NotSelected) yield return $"its account does not close: {account}";
        if (account.RowsOut != rows.Count) yield return $"its account has {account.RowsOut} rows, the lake {rows.Count}";

        // A letter that was written twice is one letter.
        var distinct = letters.DistinctBy(letter => (letter.Channel, letter.Sequence)).ToList();
        long lettered = distinct.Sum(letter => letter.Count);
        if (account.DeadLetters != lettered) yield return $"its account has {account.DeadLetters} dead letters, the log {lettered}";
        long frames = evidence.Frames.GetValueOrDefault(id).Rows;
        if (account.FramesOut != frames) yield return $"its account has {account.FramesOut} synchronised rows, the lake {frames}";

        if (content.IsDamaged)
        {
            if (account.Losses == 0 && account.MessagesIn < content.Counts.Values.Sum()) yield return $"{account.MessagesIn} of {content.Counts.Values.Sum()} messages, and no loss reported";
            yield break;
        }

        if (account.Losses > 0) yield return $"{account.Losses} losses, though it is whole";
        if (content.Fault is ContentFault.None or ContentFault.BrokenPayloads && frames != content.References) yield return $"{frames} synchronised rows instead of {content.References}";
        foreach (var (channel, count) in content.Counts)
        {
            var there = rows.Where(row => row.Channel == channel).Select(row => row.Sequence).ToHashSet();
            var poison = Enumerable.Range(0, count).Where(index => content.IsPoison(channel, index)).ToList();
            var lost = Enumerable.Range(0, count).Where(index => !content.IsPoison(channel, index) && !there.Contains(index)).ToList();
            if (lost.Count > 0) yield return $"of {channel} the messages {string.Join(", ", lost.Take(10))} ({lost.Count}) are in no table";
            long inLetters = distinct.Where(letter => letter.Channel == channel).Sum(letter => letter.Count);
            if (inLetters != poison.Count) yield return $"of {channel} {poison.Count} messages cannot be read, and {inLetters} are in dead letters";
        }
    }
}
