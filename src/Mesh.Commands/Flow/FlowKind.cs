namespace Mesh.Commands.Flow;

/// <summary>What a node of the running system is.</summary>
public enum FlowKind
{
    /// <summary>Where data comes from.</summary>
    Source,
    /// <summary>A topic of the event log.</summary>
    Topic,
    /// <summary>A part of the server that reads and writes.</summary>
    Stage,
    /// <summary>A table of the lake.</summary>
    Table,
    /// <summary>A data product.</summary>
    Product,
    /// <summary>A trigger rule.</summary>
    Trigger,
    /// <summary>A pool that jobs run on.</summary>
    Job,
}
