namespace Mesh.Commands.Signals;

/// <summary>A series in the header of a window on the wire; the offset is in bytes from the begin of the data.</summary>
internal sealed record SignalWireSeries(string Name, string Kind, long Offset, int Count)
{
    /// <summary>What a band's labels stand for.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Why there is nothing.</summary>
    public string? Reason { get; init; }

    /// <summary>A step between samples longer than this is a gap, in seconds.</summary>
    public double? Gap { get; init; }
}
