using System.Text;

namespace Mesh.Synchronise;

/// <summary>A channel whose values are brought to the reference's times.</summary>
/// <param name="Channel">Topic as recorded.</param>
/// <param name="Policy">How the value is made.</param>
public sealed record SynchroniseInput(string Channel, SynchronisePolicy Policy)
{
    /// <summary>Name of its column (default: the channel without its leading slash, everything but letters and digits an underscore).</summary>
    public string Name { get; init; } = ColumnName(Channel);

    /// <summary>
    /// Oldest sample taken, nanoseconds before the reference (default: null; for <see cref="SynchronisePolicy.Previous"/> that means 2.5
    /// median periods of the channel, otherwise no limit).
    /// </summary>
    public long? MaxAgeNs { get; init; }

    /// <summary>
    /// Longest time between two samples that <see cref="SynchronisePolicy.Linear"/> bridges, nanoseconds (default: null, 2.5 median periods
    /// of the channel).
    /// </summary>
    public long? MaxGapNs { get; init; }

    /// <summary>Column name of a channel: <c>/camera/front</c> becomes <c>camera_front</c>.</summary>
    public static string ColumnName(string channel)
    {
        var name = new StringBuilder(channel.Length);
        foreach (char letter in channel.Trim('/')) name.Append(char.IsAsciiLetterOrDigit(letter) ? letter : '_');
        return name.Length == 0 ? "unnamed" : name.ToString();
    }
}
