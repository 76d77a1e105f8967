using System.CommandLine;
using System.Text;
using Mesh.Cli.Output;
using Mesh.Commands.Queries;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh api</c>: the description of the HTTP interface.</summary>
internal static class ApiCommand
{
    public static Command Create()
    {
        var output = new Option<string?>("--output", "-o") { Description = "Save it to this file.", HelpName = "FILE" };
        var (server, data, token) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token());
        var command = new Command("api", "Print or save the OpenAPI description of a server's HTTP interface.") { output, server, data, token };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = CommonOptions.ServerAddress(parsed.GetValue(server), parsed.GetValue(data));
            byte[] description = await ServerDescription.ReadAsync(address, CommonOptions.TokenOf(parsed.GetValue(token)), cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(output) is { } file) AtomicFile.Write(file, description);
            else Terminal.Out.WriteLine(Encoding.UTF8.GetString(description));
            return ExitCodes.Done;
        });
        return command;
    }
}
