namespace Mesh.Synchronise.Matching;

/// <summary>One message on its way through the sweep.</summary>
internal readonly record struct SweepEvent(long Stamp, long Message, int Channel);
