using System.Globalization;
using Mesh.Commands.Topologies;

namespace Mesh.Commands.CommandLines;

/// <summary>What is asked of topologies, as command lines.</summary>
public static class TopologyLines
{
    /// <summary><c>mesh topology plan</c>.</summary>
    public static CommandLine Plan(TopologyRequest request) => CommandLine.Of("topology", "plan").Argument(request.FileName);

    /// <summary><c>mesh topology apply</c>.</summary>
    public static CommandLine Apply(TopologyRequest request) => CommandLine.Of("topology", "apply").Argument(request.FileName);

    /// <summary><c>mesh triggers plan</c>.</summary>
    public static CommandLine PlanTriggers(TopologyRequest request) => CommandLine.Of("triggers", "plan").Argument(request.FileName);

    /// <summary><c>mesh topology retire</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="topology">Name of the topology.</param>
    public static CommandLine ToCommandLine(this RetireRequest request, string topology) => CommandLine.Of("topology", "retire")
        .Argument(request.Version is { } version ? string.Create(CultureInfo.InvariantCulture, $"{topology}@{version}") : topology);
}
