using System.Collections.ObjectModel;
using System.Text;

namespace Mesh.Synchronise;

/// <summary>A channel whose values are brought to the frames' times, or that is a member of the sets that make frames.</summary>
/// <param name="Channel">Topic as recorded.</param>
/// <param name="Policy">How the value is made; without meaning for a member.</param>
public sealed record SynchroniseInput(string Channel, SynchronisePolicy Policy)
{
    private static readonly IReadOnlyDictionary<string, FieldRule> NoFields = ReadOnlyDictionary<string, FieldRule>.Empty;

    /// <summary>Name of its column (default: the channel without its leading slash, everything but letters and digits an underscore).</summary>
    public string Name { get; init; } = ColumnName(Channel);

    /// <summary>Whether it is a member of the sets of a <see cref="SetReference"/> (default: false).</summary>
    public bool IsMember { get; init; }

    /// <summary>
    /// Farthest sample taken, nanoseconds (default: null; for <see cref="SynchronisePolicy.Nearest"/> that means the group's tolerance, otherwise
    /// no limit).
    /// </summary>
    public long? ToleranceNs { get; init; }

    /// <summary>
    /// Oldest sample taken, nanoseconds before the frame, with <see cref="SynchronisePolicy.Next"/> after it (default: null; for
    /// <see cref="SynchronisePolicy.Previous"/> and <see cref="SynchronisePolicy.Next"/> that means 2.5 median periods of the channel, otherwise
    /// no limit).
    /// </summary>
    public long? MaxAgeNs { get; init; }

    /// <summary>
    /// Longest time between two samples that <see cref="SynchronisePolicy.Linear"/> bridges, nanoseconds (default: null, 2.5 median periods
    /// of the channel).
    /// </summary>
    public long? MaxGapNs { get; init; }

    /// <summary>Added to the channel's stamps, nanoseconds, for what is known and constant: an exposure's centre, a filter's delay (default: 0).</summary>
    public long LatencyNs { get; init; }

    /// <summary>How fields are interpolated, by dotted path (default: none, by their types).</summary>
    public IReadOnlyDictionary<string, FieldRule> Fields { get; init; } = NoFields;

    /// <summary>Column name of a channel: <c>/camera/front</c> becomes <c>camera_front</c>.</summary>
    public static string ColumnName(string channel)
    {
        var name = new StringBuilder(channel.Length);
        foreach (char letter in channel.Trim('/')) name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        return name.Length == 0 ? "unnamed" : name.ToString();
    }
}
