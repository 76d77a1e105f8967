namespace Mesh.Trigger;

/// <summary>What a rule's job needs; zero or empty is what its pool gives.</summary>
public sealed record TriggerResources
{
    /// <summary>Class of accelerator, with <c>*</c> at the end for all that begin so; the pool is chosen by it when none is named.</summary>
    public string Accelerator { get; init; } = "";

    /// <summary>Accelerators.</summary>
    public int Accelerators { get; init; }

    /// <summary>Cores.</summary>
    public double Cores { get; init; }

    /// <summary>Bytes of memory.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Longest run of an attempt, in seconds.</summary>
    public long MaxSeconds { get; init; }

    /// <summary>Whether machines that may be taken away will not do.</summary>
    public bool OnDemandOnly { get; init; }
}
