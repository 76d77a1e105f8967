using System.Text.Json;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>A Kafka client somebody else wrote, which does what a command says (tests/foreign/kafka/driver.mjs has the form).</summary>
internal interface IForeignClient
{
    /// <summary>Carries a command out.</summary>
    /// <returns>What the client answered.</returns>
    /// <exception cref="ForeignClientException">The client reported an error.</exception>
    Task<JsonElement> AskAsync(object command, CancellationToken cancellationToken);
}
