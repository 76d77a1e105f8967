using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>A release as two people and an auditor make it, by the commands that the documentation prints, on the demo's data.</summary>
public sealed class GovernanceCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();

    private string Data => folder["demo"];

    public async ValueTask InitializeAsync()
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync("demo", "--data", Data);
        exitCode.ShouldBe(0, errors + output);
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_version_is_released_by_two_people_first_without_a_server_then_with_one_and_an_auditor_finds_whose_data_it_saw()
    {
        foreach (var (name, role) in ((string, string)[])[("erin", "engineer"), ("sam", "safety"), ("rita", "release-manager")])
        {
            await RunAsync(0, "identity", "create", name, "--roles", role, "-o", KeyOf(name), "--data", Data);
            if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(KeyOf(name)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var gates = await MeshProcess.RunJsonAsync("models", "gates", "manoeuvre@1", "--json", "--data", Data);
        gates.GetProperty("findings").EnumerateArray().Where(finding => finding.GetProperty("blocks").GetBoolean()).ShouldBeEmpty(gates.ToString());
        (await RunAsync(1, "models", "promote", "manoeuvre@1", "--to", "released", "--as", KeyOf("rita"), "--reason", "now", "--data", Data)).ShouldContain("MESH9623");
        await RunAsync(0, "models", "promote", "manoeuvre@1", "--to", "validated", "--as", KeyOf("erin"), "--reason", "gates hold", "--data", Data);

        await using (await MeshProcess.UpAsync(Data))
        {
            (await RunAsync(1, "models", "handoff", "manoeuvre@1", "-o", folder["early"], "--data", Data)).ShouldContain("MESH9500");
            (await RunAsync(0, "models", "approve", "manoeuvre@1", "--as", KeyOf("sam"), "--reason", "looks right", "--data", Data)).ShouldContain("missing is another person with the role release-manager");
            (await RunAsync(1, "models", "approve", "manoeuvre@1", "--as", KeyOf("sam"), "--reason", "again", "--data", Data)).ShouldContain("MESH9626");
            (await RunAsync(1, "models", "promote", "manoeuvre@1", "--to", "approved", "--as", KeyOf("rita"), "--reason", "soon", "--data", Data)).ShouldContain("MESH9625");
            await RunAsync(0, "models", "approve", "manoeuvre@1", "--as", KeyOf("rita"), "--reason", "fleet is ready", "--data", Data);
            await RunAsync(0, "models", "promote", "manoeuvre@1", "--to", "approved", "--as", KeyOf("rita"), "--reason", "both agreed", "--data", Data);
            await RunAsync(0, "models", "promote", "manoeuvre@1", "--to", "released", "--as", KeyOf("rita"), "--reason", "first release", "--data", Data);
            await RunAsync(0, "models", "alias", "manoeuvre@released", "champion", "--as", KeyOf("rita"), "--reason", "to beat", "--data", Data);
            await RunAsync(0, "holdouts", "freeze", "winter", "--table", "perception.frames", "--filter", "vehicle_id = 'vehicle-2'", "--data", Data);

            var before = await LineageAsync();
            await RunAsync(0, "catalogue", "compact", "perception.frames", "--sort", "--data", Data);
            await RunAsync(0, "catalogue", "expire", "--all", "--older-than", "0s", "--keep-last", "1", "--data", Data);
            (await LineageAsync()).ToString().ShouldBe(before.ToString());
            await RunAsync(0, "audit", "verify", "--data", Data);
            await RunAsync(0, "models", "trust", "-o", folder["trust.json"], "--data", Data);
            await HandOverAsync("from-server");
        }

        await HandOverAsync("from-directory");

        var lineage = await LineageAsync();
        var recordings = lineage.GetProperty("recordings").EnumerateArray().ToList();
        recordings.ShouldNotBeEmpty();
        foreach (string vehicle in recordings.Select(recording => recording.GetProperty("vehicle_id").GetString()!).Distinct())
        {
            var affected = await MeshProcess.RunJsonAsync("lineage", "vehicle", vehicle, "--json", "--data", Data);
            affected.GetProperty("models")[0].GetProperty("model").GetString().ShouldBe("manoeuvre@1");
            affected.GetProperty("models")[0].GetProperty("state").GetString().ShouldBe("released");
        }

        string seen = recordings[0].GetProperty("ingest_id").GetString()!;
        (await RunAsync(0, "recordings", "withdraw", seen[..12], "--as", KeyOf("erin"), "--reason", "the driver asked", "--data", Data)).ShouldContain("manoeuvre@1 (released)");
        (await RunAsync(0, "models", "history", "manoeuvre", "--data", Data)).ShouldContain("first release");
        (await RunAsync(1, "models", "handoff", "manoeuvre@1", "-o", folder["late"], "--data", Data)).ShouldContain("whose consent was withdrawn");
        Directory.Exists(folder["late"]).ShouldBeFalse();

        await RunAsync(0, "audit", "export", "-o", folder["audit.jsonl"], "--data", Data);
        await RunAsync(0, "identity", "export", "-o", folder["public"], "--data", Data);
        await RunAsync(0, "audit", "verify", folder["audit.jsonl"], "--keys", folder["public"]);
        string text = await File.ReadAllTextAsync(folder["audit.jsonl"], TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["audit.jsonl"], text.Replace("fleet is ready", "fleet was ready"), TestContext.Current.CancellationToken);
        (await RunAsync(1, "audit", "verify", folder["audit.jsonl"], "--keys", folder["public"])).ShouldContain("the content or the hash was changed");
    }

    /// <summary>Hands the release over; the receiving side has the bundle and the trust file, and nothing else of Mesh.</summary>
    private async Task HandOverAsync(string name)
    {
        (await RunAsync(0, "models", "handoff", "manoeuvre@released", "-o", folder[name], "--data", Data)).ShouldContain("manoeuvre@1 handed over");
        (await RunAsync(1, "models", "handoff", "manoeuvre@released", "-o", folder[name], "--data", Data)).ShouldContain("MESH9501");
        var report = await MeshProcess.RunJsonAsync("models", "verify", folder[name], "--trust", folder["trust.json"], "--json");
        report.GetProperty("checks").EnumerateArray().ShouldAllBe(check => check.GetProperty("status").GetString() == "passed", report.ToString());
        report.GetProperty("trusted_keys").GetBoolean().ShouldBeTrue();

        string card = Path.Combine(folder[name], "model-card.md");
        await File.AppendAllTextAsync(card, "Also for snow.\n", TestContext.Current.CancellationToken);
        string refused = await RunAsync(1, "models", "verify", folder[name], "--trust", folder["trust.json"]);
        foreach (string part in (string[])["MESH9515 model-card.md", "means: What arrived is not what was signed", "to do: Have the bundle written again", "REFUSED"]) refused.ShouldContain(part);
    }

    private string KeyOf(string name) => folder["private", $"{name}.pem"];

    private Task<JsonElement> LineageAsync() => MeshProcess.RunJsonAsync("models", "lineage", "manoeuvre@1", "--json", "--data", Data);

    private static async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        var (actual, output, errors) = await MeshProcess.RunAsync(arguments);
        actual.ShouldBe(exitCode, $"mesh {string.Join(' ', arguments)}:\n{errors}\n{output}");
        return output + errors;
    }
}
