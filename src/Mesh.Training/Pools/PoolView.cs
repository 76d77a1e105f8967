namespace Mesh.Training.Pools;

/// <summary>A pool as <c>mesh jobs pools</c> shows it.</summary>
public sealed record PoolView
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary><c>process</c> or <c>kubernetes</c>.</summary>
    public required PoolRunner Runner { get; init; }

    /// <summary>Class of the machines.</summary>
    public required string Accelerator { get; init; }

    /// <summary>Whether the machines may be taken away.</summary>
    public required bool Spot { get; init; }

    /// <summary>Price of an hour of one accelerator, or of one job where there is none.</summary>
    public required decimal PricePerHour { get; init; }

    /// <summary>Jobs at a time.</summary>
    public required int Slots { get; init; }

    /// <summary>Cores that all jobs share; 0 when not counted.</summary>
    public required double Cores { get; init; }

    /// <summary>Bytes of memory that all jobs share; 0 when not counted.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Accelerators that all jobs share.</summary>
    public required int Accelerators { get; init; }

    /// <summary>Cores taken.</summary>
    public required double UsedCores { get; init; }

    /// <summary>Bytes of memory taken.</summary>
    public required long UsedMemoryBytes { get; init; }

    /// <summary>Accelerators taken.</summary>
    public required int UsedAccelerators { get; init; }

    /// <summary>Jobs that run.</summary>
    public required IReadOnlyList<string> Running { get; init; }

    /// <summary>Jobs that wait for this pool, or for one of its class, first in line first.</summary>
    public required IReadOnlyList<WaitingView> Waiting { get; init; }
}
