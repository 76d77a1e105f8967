namespace Mesh.Broker.Tests.Conformance;

/// <summary>kcat does all it can.</summary>
public class KcatConformance(ForeignClients clients)
{
    public static TheoryData<string> Cells => ClientMatrix.CapabilitiesOf(ClientMatrix.Kcat);

    [Theory]
    [MemberData(nameof(Cells))]
    public Task Kcat_can(string capability) => new ConformanceSuite(clients, ClientMatrix.Kcat).ShowAsync(capability);
}
