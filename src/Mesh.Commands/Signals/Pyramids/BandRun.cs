using System.Runtime.InteropServices;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>Samples in a row with the same label: 40 bytes in the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct BandRun
{
    /// <summary>Number of its first sample in the channel.</summary>
    public long FirstRow;

    /// <summary>Number behind its last sample.</summary>
    public long EndRow;

    /// <summary>Time of its first sample.</summary>
    public long FirstTimeNs;

    /// <summary>Time of its last sample.</summary>
    public long LastTimeNs;

    /// <summary>Index of the label.</summary>
    public long Label;
}
