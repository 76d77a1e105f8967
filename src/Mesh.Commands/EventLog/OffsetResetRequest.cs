namespace Mesh.Commands.EventLog;

/// <summary>A group's offsets to be set.</summary>
/// <param name="Group">Group.</param>
/// <param name="Topic">Topic.</param>
/// <param name="To">Where it reads next, as <see cref="LogPlace"/> spells it.</param>
public sealed record OffsetResetRequest(string Group, string Topic, string To);
