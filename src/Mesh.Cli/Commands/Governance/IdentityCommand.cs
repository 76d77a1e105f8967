using System.CommandLine;
using System.Globalization;
using System.Text;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh identity create|list|export|revoke</c>.</summary>
internal static class IdentityCommand
{
    public static Command Create() => new("identity", "Who may decide about models: names with keys and roles.") { Make(), List(), Export(), Revoke() };

    private static Command Make()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the identity. A name that is there gets a further key." };
        var roles = new Option<string[]>("--roles") { Description = "Roles, separated by commas; the lifecycle says what they are for.", HelpName = "ROLE,...", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var person = new Option<string>("--person") { Description = "Person behind it (default: NAME); identities of one person count as one.", HelpName = "PERSON", DefaultValueFactory = _ => "" };
        var output = new Option<string?>("--output", "-o") { Description = "Where the private key goes (default: NAME.pem in MESH_IDENTITIES, else in ~/.config/mesh/identities).", HelpName = "FILE" };
        return GovernanceCommand.Change("create", "Make a key, keep its private half on this machine (mode 0600), and register its public half.", [name, roles, person, output], async (governance, parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(output) ?? IdentityFolder.FileOf(parsed.GetValue(name)!);
            // The file first: a key that is registered but could not be kept would be of no use to anybody.
            using var key = SigningKey.Create();
            key.Write(path);
            Identity identity;
            try
            {
                identity = await governance.RegisterAsync(
                    new IdentityRequest
                    {
                        Name = parsed.GetValue(name)!, Person = parsed.GetValue(person)!, PublicKey = key.PublicPem,
                        Roles = [.. parsed.GetValue(roles)!.SelectMany(role => role.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
                    },
                    cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                File.Delete(path);
                throw;
            }

            if (QueryCommand.WantsJson(parsed)) Printer.Json(identity);
            else
            {
                Printer.Facts(
                [
                    ("identity", identity.Name), ("person", identity.Person == identity.Name ? null : identity.Person), ("roles", identity.Roles.Count == 0 ? "none" : string.Join(", ", identity.Roles)),
                    ("key", identity.KeySha256), ("private key", path),
                ]);
            }

            return ExitCodes.Done;
        });
    }

    private static Command List() => GovernanceCommand.Ask("list", "Identities, their roles and keys.", [], async (governance, parsed, cancellationToken) =>
    {
        var identities = await governance.ListIdentitiesAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(identities);
        else if (identities.Count == 0) Terminal.Out.WriteLine("No identities yet. `mesh identity create NAME --roles ROLE` makes one.");
        else
        {
            Printer.Table(
                ["identity", "person", "roles", "key", "created", "revoked"],
                identities.Select(identity => (string[])
                [
                    identity.Name, identity.Person, string.Join(", ", identity.Roles), identity.KeySha256, identity.CreatedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    identity.RevokedAt?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                ]));
        }

        return ExitCodes.Done;
    });

    private static Command Export()
    {
        var output = new Option<string>("--output", "-o") { Description = "Folder.", HelpName = "DIR", Required = true };
        return GovernanceCommand.Ask("export", "Write all public keys, one PEM file each, for `mesh audit verify FILE --keys DIR` elsewhere.", [output], async (governance, parsed, cancellationToken) =>
        {
            string folder = parsed.GetValue(output)!;
            Directory.CreateDirectory(folder);
            var identities = await governance.ListIdentitiesAsync(cancellationToken).ConfigureAwait(false);
            foreach (var identity in identities) AtomicFile.Write(Path.Combine(folder, $"{identity.Name}-{identity.KeySha256[..12]}.pub.pem"), Encoding.ASCII.GetBytes(identity.PublicKey));
            if (QueryCommand.WantsJson(parsed)) Printer.Json(identities.Select(identity => identity.KeySha256));
            else Terminal.Out.WriteLine($"{identities.Count} public keys in {folder}");
            return ExitCodes.Done;
        });
    }

    private static Command Revoke()
    {
        var key = new Argument<string>("KEY") { Description = "Fingerprint of the key." };
        var reason = GovernanceCommand.Reason();
        return GovernanceCommand.Change("revoke", "Take the validity from a key; what it signed before stays signed.", [key, reason], async (governance, parsed, cancellationToken) =>
        {
            var identity = await governance.RevokeAsync(new RevokeRequest(parsed.GetValue(key)!, parsed.GetValue(reason)!), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(identity);
            else Terminal.Out.WriteLine($"The key {identity.KeySha256} of {identity.Name} signs nothing any more.");
            return ExitCodes.Done;
        });
    }
}
