using Mesh.Model;

namespace Mesh.Decode;

/// <summary>
/// What became of every message of a recording: in = rows + dead letters + not selected. Complete once the decoder's sequence has ended.
/// </summary>
public sealed class DecodeAccount
{
    /// <summary>Messages read from the recording.</summary>
    public long MessagesIn { get; internal set; }

    /// <summary>Messages on channels that the topology does not ask for.</summary>
    public long NotSelected { get; internal set; }

    /// <summary>Rows emitted.</summary>
    public long RowsOut => Channels.Sum(channel => channel.RowsOut);

    /// <summary>Messages in dead letters.</summary>
    public long DeadLetters => Channels.Sum(channel => channel.DeadLetters);

    /// <summary>Selected channels, in the order they were met.</summary>
    public IReadOnlyList<ChannelCount> Channels { get; internal set; } = [];

    /// <summary>Damage found in the recording.</summary>
    public IReadOnlyList<DataLoss> Losses { get; internal set; } = [];

    /// <summary>Earliest log time of a row, nanoseconds; 0 without rows.</summary>
    public long MinLogTimeNs { get; internal set; }

    /// <summary>Latest log time of a row, nanoseconds; 0 without rows.</summary>
    public long MaxLogTimeNs { get; internal set; }
}
