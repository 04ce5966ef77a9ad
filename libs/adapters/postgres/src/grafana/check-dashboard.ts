export interface DashboardReport {
  x: number;
}
export function checkDashboard(): void {}
