using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Mesh.Cli.Hosting;
using Mesh.Commands.Configuration;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Model;

namespace Mesh.Cli.Doctor;

/// <summary>What a server started with these settings would do at once: read its topologies and certificate, take its ports.</summary>
internal static class ListenerChecks
{
    private static readonly TimeSpan SoonExpired = TimeSpan.FromDays(21);

    public static IEnumerable<InstallationCheck> All(Settings settings, ServerEndpoints? running)
    {
        if (settings.Text(SettingKeys.IngestTopology) is { } topologies) yield return Topologies(topologies);
        ServerAccess access;
        InstallationCheck? refused = null;
        try
        {
            access = ServerAccess.Read(settings);
        }
        catch (MeshException exception)
        {
            refused = InstallationCheck.Fail("access", $"{exception.Code}: {exception.Message}");
            access = null!;
        }

        if (refused is not null)
        {
            yield return refused;
            yield break;
        }

        bool isOpen = !access.IsLoopback(access.HttpListen) || !access.IsLoopback(access.KafkaListen);
        yield return InstallationCheck.Ok("access", isOpen ? "from other machines, with TLS and a login" : "from this machine alone");
        if (access.Certificate is { } certificate) using (certificate) yield return Certificate(certificate);
        if (running is not null)
        {
            yield return InstallationCheck.Ok("ports", $"of the server that runs: {running.Http}, {running.Kafka}, {running.SchemaRegistry}");
            yield break;
        }

        yield return MachineChecks.Guarded("http port", () => Port("http port", settings, SettingKeys.HttpPort, access.HttpListen));
        if (settings.Text(SettingKeys.KafkaBootstrap) is not null) yield break;
        yield return MachineChecks.Guarded("kafka port", () => Port("kafka port", settings, SettingKeys.KafkaPort, access.KafkaListen));
        yield return MachineChecks.Guarded("registry port", () => Port("registry port", settings, SettingKeys.SchemaRegistryPort, IPAddress.Loopback));
    }

    private static InstallationCheck Topologies(string files) => MachineChecks.Guarded("topologies", () =>
    {
        string[] paths = files.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var wrong = paths.FirstOrDefault(path => RunningTopology.Load(path).Errors.All.Count > 0);
        return wrong is null ? InstallationCheck.Ok("topologies", string.Join(", ", paths)) : InstallationCheck.Fail("topologies", $"{wrong} has errors", $"mesh topology validate {wrong}");
    });

    private static InstallationCheck Certificate(X509Certificate2 certificate)
    {
        var until = new DateTimeOffset(certificate.NotAfter.ToUniversalTime());
        var left = until - DateTimeOffset.UtcNow;
        string text = $"of {certificate.Subject}, valid until {until.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}";
        const string Remedy = "Have it renewed, and start the server again: it reads the file at its start.";
        return left < TimeSpan.Zero ? InstallationCheck.Fail("certificate", text, Remedy) : left < SoonExpired ? InstallationCheck.Warn("certificate", text, Remedy) : InstallationCheck.Ok("certificate", text);
    }

    private static InstallationCheck Port(string part, Settings settings, SettingKey key, IPAddress address)
    {
        int port = settings.Port(key);
        if (port == 0) return InstallationCheck.Ok(part, "a free one");
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            listener.Stop();
            return InstallationCheck.Ok(part, $"{port.ToString(CultureInfo.InvariantCulture)} is free");
        }
        catch (SocketException exception)
        {
            return InstallationCheck.Warn(
                part, $"{address}:{port.ToString(CultureInfo.InvariantCulture)}: {exception.Message}",
                $"Another process has it, or it may not be taken. If that is no Mesh, choose another with `{key.Name}` ({key.EnvironmentVariable}); 0 takes a free one.");
        }
    }
}
