using Mesh.Broker.Access;
using Mesh.Broker.Apis;
using Mesh.Broker.Groups;
using Mesh.Broker.Network;
using Mesh.Broker.Storage;
using Mesh.Broker.Transactions;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker;

/// <summary>What the handlers of all requests share.</summary>
internal sealed class BrokerState
{
    /// <summary>The only broker there is; also the controller and every group's coordinator.</summary>
    public const int NodeId = 1;

    /// <summary>What clients changed of the broker's settings.</summary>
    public required DynamicSettings Dynamic { get; init; }

    /// <summary>Options in force.</summary>
    public BrokerOptions Options => Dynamic.Options;

    public required TopicStore Topics { get; init; }
    public required OffsetStore Offsets { get; init; }
    public required ProducerIds ProducerIds { get; init; }
    public required GroupCoordinator Groups { get; init; }
    public required TransactionCoordinator Transactions { get; init; }
    public required Authoriser Authoriser { get; init; }
    public required AclStore Acls { get; init; }
    public required UserDirectory Users { get; init; }
    public required MemoryBudget Memory { get; init; }
    public required RateQuota ProduceQuota { get; init; }
    public required RateQuota FetchQuota { get; init; }
    public required TimeProvider Time { get; init; }
    public required ILogger Logger { get; init; }

    /// <summary>Where clients are told to connect to.</summary>
    public required string Host { get; init; }

    public required int Port { get; init; }

    public ApiTable Apis { get; private set; } = null!;

    public void RegisterApis() => Apis = new ApiTable(this);
}
