using Mesh.Commands.EventLog;

namespace Mesh.Commands.CommandLines;

/// <summary>What is asked of the event log, as command lines.</summary>
public static class EventLogLines
{
    /// <summary><c>mesh groups reset-offsets</c>.</summary>
    public static CommandLine ToCommandLine(this OffsetResetRequest request) =>
        CommandLine.Of("groups", "reset-offsets").Argument(request.Group).Option("--topic", request.Topic).Option("--from", request.To);
}
