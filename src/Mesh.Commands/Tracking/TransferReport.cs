namespace Mesh.Commands.Tracking;

/// <summary>What was brought, or written.</summary>
public sealed record TransferReport
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Runs.</summary>
    public int Runs { get; init; }

    /// <summary>Runs that were here already and stayed as they were.</summary>
    public int Present { get; init; }

    /// <summary>Values of metrics in these runs.</summary>
    public long Metrics { get; init; }

    /// <summary>Artefacts that were copied.</summary>
    public int Artifacts { get; init; }

    /// <summary>Descriptions of data sets, which are not written into the layout.</summary>
    public int InputsLeftOut { get; init; }
}
