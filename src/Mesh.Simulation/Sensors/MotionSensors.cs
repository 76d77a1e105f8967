using Mesh.Simulation.Vehicle;

namespace Mesh.Simulation.Sensors;

/// <summary>
/// IMU, GNSS receiver, wheel encoders and steering sensor: the vehicle's state with each device's own bias, scale and noise.
/// </summary>
internal sealed class MotionSensors
{
    private const double Gravity = 9.80665;
    private const double MetresPerDegree = 111_194.93;

    private readonly SeededRandom noise;
    private readonly double accelBiasX, accelBiasY, accelBiasZ, gyroBiasX, gyroBiasY;
    private readonly double wheelScale, steeringBias;
    private readonly double originLatitude, originLongitude, metresPerDegreeEast;
    private readonly Wander errorEast, errorNorth, errorUp;

    public MotionSensors(DriveOptions options)
    {
        var device = SeededRandom.For(options, "motion-devices");
        noise = SeededRandom.For(options, "motion-noise");
        (accelBiasX, accelBiasY, accelBiasZ) = (0.06 * device.Normal(), 0.06 * device.Normal(), 0.06 * device.Normal());
        (gyroBiasX, gyroBiasY, GyroBiasZ) = (0.002 * device.Normal(), 0.002 * device.Normal(), 0.002 * device.Normal());
        wheelScale = 1 + 0.01 * device.Normal();
        steeringBias = 0.02 * device.Normal();
        originLatitude = 48.137 + device.Between(-0.05, 0.05);
        originLongitude = 11.575 + device.Between(-0.05, 0.05);
        metresPerDegreeEast = MetresPerDegree * ExactMath.SinCos(originLatitude * Math.PI / 180).Cos;
        errorEast = new Wander(noise, deviation: 0.8, seconds: 30);
        errorNorth = new Wander(noise, deviation: 0.8, seconds: 30);
        errorUp = new Wander(noise, deviation: 1.5, seconds: 30);
    }

    /// <summary>Bias of the yaw rate, rad/s.</summary>
    public double GyroBiasZ { get; }

    public ImuReading Imu(in VehicleState state)
    {
        // Vibration grows with speed; pitch under braking and roll in curves let gravity into the horizontal axes.
        double shake = 0.05 + 0.012 * state.Speed;
        double lateral = state.Speed * state.YawRate;
        return new ImuReading(
            gyroBiasX + (0.004 + 0.0004 * state.Speed) * noise.Normal(),
            gyroBiasY + (0.004 + 0.0004 * state.Speed) * noise.Normal(),
            GyroBiasZ + state.YawRate + 0.005 * noise.Normal(),
            accelBiasX + state.Acceleration * 1.03 + Gravity * ExactMath.SinCos(state.Grade).Sin + shake * noise.Normal(),
            accelBiasY + lateral * 1.06 + shake * noise.Normal(),
            accelBiasZ + Gravity * ExactMath.SinCos(state.Grade).Cos + 1.5 * shake * noise.Normal());
    }

    /// <param name="state">The vehicle.</param>
    /// <param name="dt">Seconds since the last fix: the slow error moves on.</param>
    public GnssReading Gnss(in VehicleState state, double dt)
    {
        double east = state.X + errorEast.Step(dt) + 0.3 * noise.Normal();
        double north = state.Y + errorNorth.Step(dt) + 0.3 * noise.Normal();
        double up = errorUp.Step(dt) + 0.5 * noise.Normal();
        return new GnssReading(originLatitude + north / MetresPerDegree, originLongitude + east / metresPerDegreeEast, 519 + up, 0.73, 2.5);
    }

    public WheelReading Wheels(in VehicleState state)
    {
        double half = VehicleModel.Track / 2 * state.YawRate;
        double left = state.Speed - half, right = state.Speed + half;
        double cos = ExactMath.SinCos(state.Steer).Cos;
        // An encoder shows nothing at rest, noise included.
        double still = state.Speed > 0.05 ? 0.06 : 0;
        return new WheelReading(Wheel(left / cos), Wheel(right / cos), Wheel(left), Wheel(right), state.Speed * wheelScale + still * noise.Normal());

        double Wheel(double speed) => speed * wheelScale / VehicleModel.WheelRadius + still * noise.Normal();
    }

    /// <summary>Steering wheel angle in radians, positive to the left.</summary>
    public double Steering(in VehicleState state) => steeringBias + state.Steer * VehicleModel.SteeringRatio + 0.01 * noise.Normal();
}
