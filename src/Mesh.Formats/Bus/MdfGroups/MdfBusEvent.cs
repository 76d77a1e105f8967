namespace Mesh.Formats.Bus.MdfGroups;

/// <summary>Events of bus groups, in the order of their buses.</summary>
internal enum MdfBusEvent
{
    CanData,
    CanRemote,
    CanError,
    CanOverload,
    LinFrame,
    LinChecksumError,
    LinReceiveError,
    LinSyncError,
    LinTransmissionError,
    LinWakeUp,
    LinSpike,
    LinLongDominant,
    FlexRayFrame,
    FlexRayNullFrame,
    FlexRayError,
    FlexRaySymbol,
    EthernetFrame,
    EthernetError,
}
