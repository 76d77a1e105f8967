namespace Mesh.Lakehouse.Recordings;

/// <summary>What became of one channel's messages.</summary>
public sealed record RecordingChannelEntry(
    string Channel, string Schema, string Table, long MessagesIn, long RowsOut, long DeadLetters, string TimeBase);
