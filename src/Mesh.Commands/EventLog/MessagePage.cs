namespace Mesh.Commands.EventLog;

/// <summary>Records of a topic.</summary>
/// <param name="Messages">The records, newest first; from a place on, oldest first.</param>
/// <param name="Ranges">First and next offset of each partition at the time.</param>
/// <param name="Looked">Records that were looked at.</param>
/// <param name="LookedBytes">Their bytes.</param>
public sealed record MessagePage(IReadOnlyList<MessageView> Messages, IReadOnlyDictionary<int, (long Start, long End)> Ranges, long Looked, long LookedBytes)
{
    /// <summary>Why reading ended before everything that was asked for had been looked at; null when it did not.</summary>
    public string? CutShort { get; init; }

    /// <summary>Offset of the partition from which the next page begins; null when there is none.</summary>
    public long? NextFrom { get; init; }

    /// <summary>Offset of the partition before which the previous page ends; null when there is none.</summary>
    public long? PreviousBefore { get; init; }
}
