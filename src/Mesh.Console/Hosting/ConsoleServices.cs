using Mesh.Commands.Compression;
using Mesh.Commands.Configuration;
using Mesh.Commands.EventLog;
using Mesh.Commands.Flow;
using Mesh.Commands.Governance;
using Mesh.Commands.Handoff;
using Mesh.Commands.Jobs;
using Mesh.Commands.Live;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Media;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Commands.Signals;
using Mesh.Commands.Studies;
using Mesh.Commands.Topologies;
using Mesh.Commands.Tracking;
using Mesh.Commands.Triggers;
using Mesh.Console.Safety;
using Microsoft.Extensions.Logging;

namespace Mesh.Console.Hosting;

/// <summary>What the pages ask and act through: the same interfaces as the command line's.</summary>
public sealed record ConsoleServices
{
    /// <summary>Questions.</summary>
    public required IMeshQueries Queries { get; init; }

    /// <summary>Maintenance of tables.</summary>
    public required IMaintenance Maintenance { get; init; }

    /// <summary>Replays of recordings and dead letters.</summary>
    public required IReplays Replays { get; init; }

    /// <summary>Topologies in force.</summary>
    public required ITopologies Topologies { get; init; }

    /// <summary>The running system as a graph.</summary>
    public required IFlow Flow { get; init; }

    /// <summary>Topics and groups of the event log.</summary>
    public required ITopics Topics { get; init; }

    /// <summary>Trigger rules.</summary>
    public required ITriggers Triggers { get; init; }

    /// <summary>Jobs, pools and budgets.</summary>
    public required IJobs Jobs { get; init; }

    /// <summary>Studies.</summary>
    public required IStudies Studies { get; init; }

    /// <summary>Runs.</summary>
    public required ITracking Tracking { get; init; }

    /// <summary>Models, gates, approvals, the decision log.</summary>
    public required IGovernance Governance { get; init; }

    /// <summary>Variants of models.</summary>
    public required ICompression Compression { get; init; }

    /// <summary>Hand-off.</summary>
    public required IHandoff Handoff { get; init; }

    /// <summary>What recordings show besides signals.</summary>
    public required IRecordingMedia Media { get; init; }

    /// <summary>Signals of recordings.</summary>
    public required ISignals Signals { get; init; }

    /// <summary>The server's settings and where each came from.</summary>
    public required Settings Settings { get; init; }

    /// <summary>What changes; null where nothing is live.</summary>
    public ILiveSource? Live { get; init; }

    /// <summary>The login of browsers; null where none is asked for.</summary>
    public ConsoleLogin? Login { get; init; }

    /// <summary>Clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Log.</summary>
    public required ILogger Logger { get; init; }
}
