using System.CommandLine;
using Mesh.Cli.Commands;
using Mesh.Cli.Commands.Governance;
using Mesh.Cli.Commands.Studies;
using Mesh.Cli.Commands.Tracking;
using Mesh.Cli.Help;
using Mesh.Model;

namespace Mesh.Cli;

/// <summary>Parses the command line, runs the command, turns errors into a line and an exit code.</summary>
public static class MeshProgram
{
    /// <summary>Makes the command line, which holds nothing yet of any call.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Mesh: recordings in, data products and models out. `mesh demo` shows all of it in a minute.")
        {
            DemoCommand.Create(),
            UpCommand.Create(),
            BrokerCommand.Create(),
            SimulateCommand.Create(),
            InspectCommand.Create(),
            CatCommand.Create(),
            StatsCommand.Create(),
            RecordingCommands.Recover(),
            RecordingCommands.Convert(),
            RecordingCommands.Filter(),
            RecordingCommands.Merge(),
            RecordingCommands.Split(),
            RecordingCommands.Sort(),
            PublishCommand.Create(),
            TelemetryCommand.Create(),
            SubscribeCommand.Create(),
            RecordingsCommand.Create(),
            ProductsCommand.Create(),
            CatalogueCommand.Create(),
            TopologyCommand.Create(),
            DeadLettersCommand.Create(),
            ReplayCommand.Create(),
            TriggersCommand.Create(),
            JobsCommand.Create(),
            StudiesCommand.Create(),
            ModelsCommand.Create(),
            RunsCommand.Create(),
            LineageCommand.Create(),
            HoldoutsCommand.Create(),
            IdentityCommand.Create(),
            AuditCommand.Create(),
            OnnxCommand.Create(),
            TopicsCommand.Create(),
            AclsCommand.Create(),
            SchemasCommand.Create(),
            GroupsCommand.Create(),
            StatusCommand.Create(),
            DoctorCommand.Create(),
            RuntimeCommand.Create(),
            ConfigCommand.Create(),
            CompletionCommand.Create(),
            CompletionCommand.CreateAnswer(),
            ReferenceCommand.Create(),
            TrainerCommand.Create(),
        };
        HelpPageAction.Install(root);
        return root;
    }

    /// <summary>Runs one command.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var parsed = CreateRoot().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (string error in UsageErrors.Of(parsed)) await Terminal.Error.WriteLineAsync($"error: {error}").ConfigureAwait(false);
            await Terminal.Error.WriteLineAsync($"`{CommandNode.Of(parsed.CommandResult.Command).Line} --help` shows how it is used.").ConfigureAwait(false);
            return ExitCodes.BadUsage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(2) }).ConfigureAwait(false);
        }
        catch (UsageException usage)
        {
            await Terminal.Error.WriteLineAsync($"error: {usage.Message}").ConfigureAwait(false);
            return ExitCodes.BadUsage;
        }
        catch (MeshException exception)
        {
            await Terminal.Error.WriteLineAsync($"error {exception.Code}: {exception.Message}").ConfigureAwait(false);
            return ExitCodes.Failed;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HttpRequestException)
        {
            await Terminal.Error.WriteLineAsync($"error MESH11094: {exception.Message}").ConfigureAwait(false);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            await Terminal.Error.WriteLineAsync("stopped").ConfigureAwait(false);
            return ExitCodes.Failed;
        }
    }
}
