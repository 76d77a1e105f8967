using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mesh.Cli.Output;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh schemas list|show|check|register|compatibility</c>, on the embedded registry or any other.</summary>
internal static class SchemasCommand
{
    public static Command Create() => new("schemas", "Schemas of the registry, Mesh's own or another.") { List(), Show(), Check(), Register(), Compatibility() };

    private static Command List()
    {
        var prefix = new Option<string?>("--prefix") { Description = "Only subjects that begin so.", HelpName = "TEXT" };
        return LogOptions.CreateForRegistry("list", "Subjects with their latest version.", [prefix], async (registry, parsed, cancellationToken) =>
        {
            var schemas = await registry.SendAsync(HttpMethod.Get, $"schemas?latestOnly=true&subjectPrefix={Uri.EscapeDataString(parsed.GetValue(prefix) ?? "")}", null, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(schemas);
            else if (schemas.GetArrayLength() == 0) Terminal.Out.WriteLine("No schemas.");
            else
            {
                Printer.Table(
                    ["subject", "version", "id", "type"],
                    schemas.EnumerateArray().Select(each => (string[])[Text(each, "subject"), Text(each, "version"), Text(each, "id"), TypeOf(each)]),
                    new HashSet<int> { 1, 2 });
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var subject = new Argument<string>("SUBJECT") { Description = "Subject, as TOPIC-value." };
        var version = new Option<int?>("--version-number") { Description = "Version (default: the latest).", HelpName = "N" };
        return LogOptions.CreateForRegistry("show", "A schema's text.", [subject, version], async (registry, parsed, cancellationToken) =>
        {
            string number = parsed.GetValue(version)?.ToString(CultureInfo.InvariantCulture) ?? "latest";
            var schema = await registry.SendAsync(HttpMethod.Get, $"subjects/{Uri.EscapeDataString(parsed.GetValue(subject)!)}/versions/{number}", null, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(schema);
            else Terminal.Out.WriteLine(Text(schema, "schema"));
            return ExitCodes.Done;
        });
    }

    private static Command Check()
    {
        var (file, subject, type) = FileOptions();
        return LogOptions.CreateForRegistry("check", "Whether a schema could be registered; exit code 1 when it could not.", [file, subject, type], async (registry, parsed, cancellationToken) =>
        {
            object body = await ReadAsync(parsed.GetValue(file)!, parsed.GetValue(type), cancellationToken).ConfigureAwait(false);
            var answer = await registry.SendAsync(HttpMethod.Post, $"compatibility/subjects/{Uri.EscapeDataString(parsed.GetValue(subject)!)}/versions?verbose=true", body, cancellationToken).ConfigureAwait(false);
            bool isCompatible = answer.GetProperty("is_compatible").GetBoolean();
            if (QueryCommand.WantsJson(parsed)) Printer.Json(answer);
            else if (isCompatible) Terminal.Out.WriteLine("Compatible.");
            else
            {
                foreach (var message in answer.GetProperty("messages").EnumerateArray()) Terminal.Out.WriteLine(message.GetString()!);
            }

            return isCompatible ? ExitCodes.Done : ExitCodes.Failed;
        });
    }

    private static Command Register()
    {
        var (file, subject, type) = FileOptions();
        return LogOptions.CreateForRegistry("register", "Registers a schema and prints its id.", [file, subject, type], async (registry, parsed, cancellationToken) =>
        {
            object body = await ReadAsync(parsed.GetValue(file)!, parsed.GetValue(type), cancellationToken).ConfigureAwait(false);
            var answer = await registry.SendAsync(HttpMethod.Post, $"subjects/{Uri.EscapeDataString(parsed.GetValue(subject)!)}/versions", body, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(answer);
            else Terminal.Out.WriteLine(Text(answer, "id"));
            return ExitCodes.Done;
        });
    }

    private static Command Compatibility()
    {
        var level = new Argument<string?>("LEVEL") { Description = "NONE, BACKWARD, FORWARD, FULL, or one of these with _TRANSITIVE; left out: print it.", Arity = ArgumentArity.ZeroOrOne };
        var subject = new Option<string?>("--subject") { Description = "Of this subject alone.", HelpName = "SUBJECT" };
        return LogOptions.CreateForRegistry("compatibility", "Prints or sets which changes are accepted.", [level, subject], async (registry, parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(subject) is { } name ? $"config/{Uri.EscapeDataString(name)}" : "config";
            if (parsed.GetValue(level) is { } wanted) await registry.SendAsync(HttpMethod.Put, path, new { compatibility = wanted }, cancellationToken).ConfigureAwait(false);
            var answer = await registry.SendAsync(HttpMethod.Get, path + "?defaultToGlobal=true", null, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(answer);
            else Terminal.Out.WriteLine(Text(answer, "compatibilityLevel"));
            return ExitCodes.Done;
        });
    }

    private static (Argument<string> File, Option<string> Subject, Option<string?> Type) FileOptions() => (
        new Argument<string>("FILE") { Description = "The schema: .proto, .avsc or .json." },
        new Option<string>("--subject") { Description = "Subject, as TOPIC-value.", HelpName = "SUBJECT", Required = true },
        new Option<string?>("--type") { Description = "PROTOBUF, AVRO or JSON (default: by the file's name).", HelpName = "TYPE" });

    private static async Task<object> ReadAsync(string file, string? type, CancellationToken cancellationToken)
    {
        try
        {
            string schema = await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false);
            return new { schema, schemaType = type?.ToUpperInvariant() ?? Path.GetExtension(file) switch { ".proto" => "PROTOBUF", ".avsc" => "AVRO", _ => "JSON" } };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"'{file}' cannot be read: {exception.Message}");
        }
    }

    private static string TypeOf(JsonElement schema) => schema.TryGetProperty("schemaType", out _) ? Text(schema, "schemaType") : "AVRO";

    private static string Text(JsonElement element, string property) => element.GetProperty(property).ToString();
}
