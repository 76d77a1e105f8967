namespace Mesh.Commands.Signals.Pyramids;

/// <summary>One level: buckets of 2^<paramref name="Shift"/> ns each, numbered by time since 1970 divided by that.</summary>
/// <param name="Shift">Logarithm of the width in nanoseconds.</param>
/// <param name="First">Number of the first bucket.</param>
/// <param name="Count">Buckets, without holes.</param>
/// <param name="Offset">Where they begin in the file.</param>
internal sealed record PyramidLevel(int Shift, long First, long Count, long Offset);
