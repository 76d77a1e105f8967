namespace Mesh.Commands.Signals;

/// <summary>One signal of a window, in the form that is smallest for it.</summary>
public abstract record SignalSeries(string Name);

/// <summary>Columns of equal width: first, smallest, largest and last value of each (M4), NaN and 0 where it has no sample.</summary>
public sealed record SignalColumns(string Name, double[] First, double[] Min, double[] Max, double[] Last, uint[] Count, double GapSeconds) : SignalSeries(Name);

/// <summary>Every sample of the window and one before and after it; NaN is a gap. Times are seconds since the recording's start.</summary>
public sealed record SignalSamples(string Name, double[] Times, double[] Values, double GapSeconds) : SignalSeries(Name);

/// <summary>Runs of equal values: from, to (seconds since the recording's start) and the index of the label.</summary>
public sealed record SignalBands(string Name, double[] From, double[] To, int[] Label, IReadOnlyList<string> Labels) : SignalSeries(Name);

/// <summary>A signal that cannot be shown, with the reason for a person.</summary>
public sealed record SignalAbsence(string Name, string Reason) : SignalSeries(Name);
