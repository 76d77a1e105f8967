using System.Text;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>docs/kafka/clients.md: the suite's cells as a page for people.</summary>
internal static class ClientTable
{
    public static string Render()
    {
        var page = new StringBuilder();
        string[] clients = [.. ClientMatrix.Names];
        page.Append("""
            # Which Kafka clients do what with the embedded broker

            Every ✓ is a test of `tests/Mesh.Broker.Tests/Conformance` that runs in CI: it starts the client, lets it work on the broker and checks what came
            of it; where one of them fails, the build fails. A note says why a client has no test: the client itself lacks it, never the broker. The page is
            written by the suite (`MESH_WRITE_DOCS=1 dotnet test tests/Mesh.Broker.Tests --filter ClientTableTests`) and a test holds it against the suite's cells.

            | client | version tested |
            |---|---|

            """);
        foreach (string client in clients) page.Append($"| {client} | {ClientMatrix.VersionOf(client)} |\n");
        page.Append($"\n| capability | {string.Join(" | ", clients)} |\n|---|{string.Concat(clients.Select(_ => ":-:|"))}\n");
        var notes = new List<string>();
        foreach (var capability in Capability.All)
        {
            page.Append($"| {capability.Name} ");
            foreach (string client in clients)
            {
                string? missing = ClientMatrix.Missing(client, capability.Name);
                if (missing is not null && !notes.Contains(missing)) notes.Add(missing);
                page.Append(missing is null ? "| ✓ " : $"| {notes.IndexOf(missing) + 1} ");
            }

            page.Append("|\n");
        }

        page.Append("\nNot in the client:\n\n");
        for (int i = 0; i < notes.Count; i++) page.Append($"{i + 1}. {notes[i]}\n");
        page.Append("\n## What each test does\n\n");
        foreach (var capability in Capability.All) page.Append($"- **{capability.Name}**: {capability.Meaning}.\n");
        page.Append("""

            ## Beyond the table

            - Fault tests (`tests/Mesh.Faults.Tests/Broker`) let some twenty Confluent.Kafka clients of all kinds work while the broker and they themselves are killed,
              paused and restarted, and hold the history of all they did and saw against Kafka's promises.
            - Logins, TLS and access control are tested with kcat, Confluent.Kafka and kafkajs in `tests/Mesh.Broker.Tests/Clients`.
            - Not verified here: the Java client, and anything that needs KIP-848 (`group.protocol=consumer`), share groups or telemetry, which the broker does not have.

            """);
        return page.ToString();
    }
}
