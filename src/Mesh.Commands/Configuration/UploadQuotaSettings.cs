using Mesh.Upload;

namespace Mesh.Commands.Configuration;

/// <summary>The settings <c>upload.quota.*</c>.</summary>
public static class UploadQuotaSettings
{
    /// <summary>Makes the gate that the settings ask for.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH11001</c> a setting is wrong.</exception>
    public static UploadGate Read(Settings settings, TimeProvider time) => new(
        Read(settings, SettingKeys.UploadQuotaVehicleBytesPerDay, SettingKeys.UploadQuotaVehicleBytesPerSecond, SettingKeys.UploadQuotaVehicleConcurrent),
        Read(settings, SettingKeys.UploadQuotaProducerBytesPerDay, SettingKeys.UploadQuotaProducerBytesPerSecond, SettingKeys.UploadQuotaProducerConcurrent),
        time);

    private static UploadQuota Read(Settings settings, SettingKey perDay, SettingKey perSecond, SettingKey concurrent) => new()
    {
        BytesPerDay = settings.Text(perDay) is null ? 0 : settings.Bytes(perDay),
        BytesPerSecond = settings.Text(perSecond) is null ? 0 : settings.Bytes(perSecond),
        Concurrent = settings.Text(concurrent) is null ? 0 : settings.Count(concurrent),
    };
}
