namespace Mesh.Commands.Signals;

/// <summary>The signals of a recording, by channel and column.</summary>
/// <param name="Start">First log time of the recording in nanoseconds since 1970, as text because JSON's numbers are too short for it.</param>
/// <param name="DurationSeconds">Last minus first log time, in seconds.</param>
/// <param name="Signals">The signals.</param>
public sealed record SignalList(string Start, double DurationSeconds, IReadOnlyList<SignalView> Signals);
