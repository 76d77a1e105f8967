namespace Mesh.Faults.Tests.Campaign;

/// <summary>What the server says about a recording.</summary>
internal sealed record Account(string State, string? Reason, long MessagesIn, long RowsOut, long DeadLetters, long NotSelected, long FramesOut, long Losses);
