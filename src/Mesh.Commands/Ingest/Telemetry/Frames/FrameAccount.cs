namespace Mesh.Commands.Ingest.Telemetry.Frames;

/// <summary>What became of a group over telemetry, since it was first read.</summary>
/// <param name="Group">Name of the group.</param>
/// <param name="Made">Frames in its table.</param>
/// <param name="Late">Messages that came too late for frames; they are in the tables of messages.</param>
public sealed record FrameAccount(string Group, long Made, long Late);
