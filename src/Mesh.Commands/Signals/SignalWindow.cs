namespace Mesh.Commands.Signals;

/// <summary>
/// Signals over a window. Its borders lie on a grid whose steps are powers of two in nanoseconds since 1970, so that columns are unions of stored
/// buckets: it begins at or before what was asked and ends at or after it.
/// </summary>
/// <param name="Start">First log time of the recording, nanoseconds since 1970.</param>
/// <param name="FromNs">Beginning of the first column, nanoseconds since 1970.</param>
/// <param name="ToNs">End of the last column.</param>
/// <param name="Columns">Number of columns of every series that has columns.</param>
/// <param name="Series">The signals in the order asked.</param>
/// <param name="Version">Changes whenever the data does.</param>
public sealed record SignalWindow(long Start, long FromNs, long ToNs, int Columns, IReadOnlyList<SignalSeries> Series, string Version)
{
    /// <summary>Beginning of the first column in seconds since the recording's start.</summary>
    public double From => (FromNs - Start) / 1e9;

    /// <summary>End of the last column in seconds since the recording's start.</summary>
    public double To => (ToNs - Start) / 1e9;
}
